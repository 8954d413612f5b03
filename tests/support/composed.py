"""Compare composed models with scikit-learn, to the last bit or within the tolerance of the compiler."""

from functools import cache

from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.serialization import from_bytes, to_bytes
from support import compile_cases_composed, compile_cases_ensembles, compile_cases_stacking, compile_cases_targets
from support.comparison import assert_same_predictions
from support.compile_data import CompileCase

CASES = {
    **compile_cases_composed.CASES,
    **compile_cases_ensembles.CASES,
    **compile_cases_stacking.CASES,
    **compile_cases_targets.CASES,
}


@cache
def case(name: str) -> CompileCase:
    """Return a case of the composed estimators."""
    return CASES[name]()


def verified(model: CompileCase) -> CompiledPredictor:
    """Return the compiled form of a model after its verification, read back from its file."""
    predictor, engine = compile_and_verify(model.original())
    assert isinstance(predictor, CompiledPredictor), engine
    return from_bytes(to_bytes(predictor), predictor.schema)


def assert_is_compiled(model: CompileCase, is_exact: bool | None = None) -> None:
    """Fail unless the model is verified, and its file gives the predictions of scikit-learn.

    `is_exact` states whether the last bit must be equal; None for both.
    """
    read, original = verified(model), model.original()
    assert is_exact in (None, read.scoring.exact)
    rows = original.schema.validate_rows(model.rows()[:50]).columns
    assert_same_predictions(read, original, rows)
