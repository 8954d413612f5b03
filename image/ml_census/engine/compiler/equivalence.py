"""Compare the predictions of a compiled model with those of scikit-learn, on generated rows.

The server uses the compiled model only if all predictions are the same. This comparison
is a test on samples, and no proof. The design limits the possible differences in two
ways. The compiler rejects steps and models that it does not support. Compiled trees add
the leaf values in the order of the library of the model.
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
"""Number of compared rows that have known categories, missing values, and numbers near
the thresholds of the trees."""
MAX_EDGE_ROWS = 1000
"""Maximum number of compared rows that have an unknown category or an extreme number
(default 1000)."""


class NotEquivalentError(Exception):
    """Report different predictions of the compiled model and scikit-learn. The message has no values of the rows."""


def compile_and_verify(
    original: SklearnPredictor,
    golden: Columns | None = None,
    compiler: Callable[[Any, Schema], CompiledPredictor] = compile_model,
) -> tuple[Predictor, EngineInfo]:
    """Return the predictor that the server is to use, and the EngineInfo that GET /version reports.

    The predictor is the compiled model if both models predict the same on generated
    rows and on `golden`. Otherwise, or if the compilation raises an exception, the
    predictor is `original`. `golden` are the rows that the user gave to `ml-census
    publish`, or None. `compiler` compiles the model. Raises MemoryError if the
    compilation does.
    """
    try:
        compiled = compiler(original.model, original.schema)
        rows = verify_equivalence(compiled, original, golden)
    except MemoryError:
        raise
    except Exception as error:  # for example OSError without libkernel.so: scikit-learn still predicts
        return original, EngineInfo("sklearn", reason=_reason(error))
    return compiled, EngineInfo("compiled", verified_rows=rows)


def _reason(error: Exception) -> str:
    """Return why a model is not compiled, for an unexpected exception its class and the file and line of its origin."""
    if isinstance(error, UnsupportedModelError | NotEquivalentError):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"compilation failed ({type(error).__name__} at {Path(frame.filename).name}:{frame.lineno})"


def verify_equivalence(compiled: CompiledPredictor, original: SklearnPredictor, golden: Columns | None = None) -> int:
    """Return the number of compared rows: both models predict the same for each row, or both reject the row.

    `golden` are rows that are compared besides the generated rows, or None. Raises
    NotEquivalentError if the classes or the results of any row differ, or if both
    models reject the rows with known categories and numbers near the thresholds. Raises
    OSError if a tree model needs libkernel.so and the file cannot be loaded.
    """
    if (compiled.classes, compiled.has_probabilities) != (original.classes, original.has_probabilities):
        raise NotEquivalentError("the compiled model has other classes")
    samples = SampleGenerator(compiled)
    compared = _compare_accepted("golden rows", compiled, original, golden) if golden else 0
    compared += _compare_accepted("rows made from the schema", compiled, original, samples.typical_rows(TYPICAL_ROWS))
    for name, columns in samples.edge_rows(MAX_EDGE_ROWS):
        _compare_edges(f"edge values of column {name}", compiled, original, columns)
        compared += len(columns[0])
    return compared


def _compare_accepted(rows: str, compiled: CompiledPredictor, original: SklearnPredictor, columns: Columns) -> int:
    """Compare rows that both models must accept, and return their number. Raises NotEquivalentError."""
    if not _compare(rows, compiled, original, columns):
        raise NotEquivalentError(f"both models reject {rows}, so no predictions are compared")
    return len(columns[0])


def _compare_edges(rows: str, compiled: CompiledPredictor, original: SklearnPredictor, columns: Columns) -> None:
    """Compare all rows at once, then one by one if results differ or a model rejects them: one row rejects a batch."""
    try:
        is_accepted = _compare(rows, compiled, original, columns)
    except NotEquivalentError:
        is_accepted = False
    if not is_accepted:
        for row in range(len(columns[0])):
            _compare(rows, compiled, original, [values[row : row + 1] for values in columns])


def _compare(rows: str, compiled: CompiledPredictor, original: SklearnPredictor, columns: Columns) -> bool:
    """Return whether both models accept the rows. Raises NotEquivalentError if only one does, or predictions differ."""
    for method in ("predict", "probabilities") if compiled.has_probabilities else ("predict",):
        expected, actual = _result(original, method, columns), _result(compiled, method, columns)
        if expected is None and actual is None:
            return False
        if expected is None or actual is None:
            rejecting = "scikit-learn" if expected is None else "the compiled model"
            raise NotEquivalentError(f"only {rejecting} rejects {rows}")
        if not _are_equal(compiled, method, actual, expected):
            raise NotEquivalentError(f"{'predictions' if method == 'predict' else 'probabilities'} differ on {rows}")
    return True


def _are_equal(compiled: CompiledPredictor, method: str, actual: list[Any], expected: list[Any]) -> bool:
    if method == "predict" and compiled.classes is not None:
        return actual == expected
    tolerance = 0 if compiled.scoring.exact else TOLERANCE
    numbers, expected_numbers = np.array(actual), np.array(expected)
    return numbers.shape == expected_numbers.shape and np.allclose(
        numbers, expected_numbers, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def _result(predictor: Predictor, method: str, columns: Columns) -> list[Any] | None:
    """Return the result of the method "predict" or "probabilities", or None if the model rejects the rows."""
    try:
        result: list[Any] = getattr(predictor, method)(columns)
    except PredictionError:
        return None
    return result
