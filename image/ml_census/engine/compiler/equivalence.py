"""Verify a compiled model against scikit-learn on sampled rows: it serves only if all predictions are the same.

This is a test on samples, not a proof. Two things follow by construction: a step or a model without a rule is never
compiled, and sums of leaves are made of scikit-learn's own numbers in scikit-learn's own order.
"""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.compiler.sample_rows import SampleGenerator
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import TOLERANCE, PredictionError, Predictor
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.schema import Columns, Schema

TYPICAL_ROWS = 2000
"""Number of rows of usual values that are compared."""
MAX_EDGE_ROWS = 1000
"""Maximum number of rows with an unknown category or an extreme number that are compared (default 1000)."""


class NotEquivalentError(Exception):
    """The compiled model does not predict as scikit-learn does; the message says on which rows, without values."""


def compile_and_verify(
    original: SklearnPredictor,
    golden: Columns | None = None,
    compiler: Callable[[Any, Schema], CompiledPredictor] = compile_model,
) -> tuple[Predictor, EngineInfo]:
    """Return the predictor that serves, and what /version reports of it.

    The compiled model serves if it predicts the same as the original on sampled rows and on `golden`, rows that the
    publisher gave. Otherwise the original serves. Raises MemoryError, which says nothing of the model.
    """
    try:
        compiled = compiler(original.model, original.schema)
        rows = verify_equivalence(compiled, original, golden)
    except (UnsupportedModelError, NotEquivalentError) as error:
        return original, EngineInfo("sklearn", reason=str(error))
    except MemoryError:
        raise
    except Exception as error:  # such as a missing kernel: the original can still serve
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
        return original, EngineInfo("sklearn", reason=f"compilation failed ({where})")
    return compiled, EngineInfo("compiled", verified_rows=rows)


def verify_equivalence(compiled: CompiledPredictor, original: SklearnPredictor, golden: Columns | None = None) -> int:
    """Return the number of rows on which both models predict the same. Raises NotEquivalentError otherwise."""
    if (compiled.classes, compiled.has_probabilities) != (original.classes, original.has_probabilities):
        raise NotEquivalentError("the compiled model has other classes")
    samples = SampleGenerator(compiled)
    compared = 0
    for rows, columns in (("golden rows", golden), ("rows made from the schema", samples.typical_rows(TYPICAL_ROWS))):
        if columns:
            _compare(rows, compiled, original, columns)
            compared += len(columns[0])
    for name, columns in samples.edge_rows(MAX_EDGE_ROWS):
        _compare_edges(f"edge values of column {name}", compiled, original, columns)
        compared += len(columns[0])
    return compared


def _compare_edges(rows: str, compiled: CompiledPredictor, original: SklearnPredictor, columns: Columns) -> None:
    """Compare all rows, or one by one if a model rejects any: one rejected row makes it reject the whole batch."""
    try:
        _compare(rows, compiled, original, columns)
    except NotEquivalentError:
        for row in range(len(columns[0])):
            _compare(rows, compiled, original, [values[row : row + 1] for values in columns])


def _compare(rows: str, compiled: CompiledPredictor, original: SklearnPredictor, columns: Columns) -> None:
    """Raise NotEquivalentError unless both models predict the same, or both reject the rows."""
    for method in ("predict", "probabilities") if compiled.has_probabilities else ("predict",):
        expected, actual = _result(original, method, columns), _result(compiled, method, columns)
        if expected is None and actual is None:
            continue
        if expected is None or actual is None:
            raise NotEquivalentError(
                f"only {'scikit-learn' if expected is None else 'the compiled model'} rejects {rows}"
            )
        if not _are_equal(compiled, method, actual, expected):
            raise NotEquivalentError(f"{'predictions' if method == 'predict' else 'probabilities'} differ on {rows}")


def _are_equal(compiled: CompiledPredictor, method: str, actual: list[Any], expected: list[Any]) -> bool:
    if method == "predict" and compiled.classes is not None:
        return actual == expected
    # sums of leaves must be equal to the last bit
    tolerance = 0 if compiled.scoring.exact and compiled.link == "identity" else TOLERANCE
    numbers, expected_numbers = np.array(actual), np.array(expected)
    return numbers.shape == expected_numbers.shape and np.allclose(
        numbers, expected_numbers, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def _result(predictor: Predictor, method: str, columns: Columns) -> list[Any] | None:
    """Return the predictions or probabilities, or None if the model rejects the rows."""
    try:
        result: list[Any] = getattr(predictor, method)(columns)
    except PredictionError:
        return None
    return result
