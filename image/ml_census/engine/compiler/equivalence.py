"""Hold a compiled model against its original: the same answer to the same rows, or it does not serve.

The rows are made from the schema and from the compiled model's own thresholds, one float64 and one float32 to both
sides of them: a rule that is wrong (a cast, the side of equality, of what is missing or unknown) is wrong at many
thresholds, and shows. One wrong number among a million, which no rule makes, may not.
"""

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.pipeline_tracer import UnsupportedModelError
from ml_census.engine.predictor import PredictionError, Predictor
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.tree_ensemble import TreeEnsemble
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.schema.column import LARGEST, Column, Value
from ml_census.schema.schema import Columns, Schema

ROWS = 2000
EDGES = 1000
TOLERANCE = 1e-9
"""Linear models and links are summed in another order; sums of leaves are not and must be equal to the last bit."""
UNKNOWN = 10
"""So often an unknown category of a column comes, each time among other values."""
EXTREMES = (0.0, -0.0, 1e-45, -1e-45, 2.0**24 + 1, 2.0**53 + 2, LARGEST / 2, LARGEST, -LARGEST)


class NotEquivalentError(Exception):
    """The compiled model does not answer as its original; the message says to what, never a row."""


def compile_and_verify(
    original: SklearnPredictor,
    golden: Columns | None = None,
    compiler: Callable[[Any, Schema], CompiledPredictor] = compile_model,
) -> tuple[Predictor, dict[str, Any]]:
    """The compiled model if it is equal, else the original; and what /version says of it."""
    try:
        compiled = compiler(original.model, original.schema)
        rows = verify_equivalence(compiled, original, golden)
    except (UnsupportedModelError, NotEquivalentError) as error:
        return original, {"kind": "original", "reason": str(error)}
    except MemoryError:  # says nothing of the model
        raise
    except Exception as error:  # the kernel is not there, or scikit-learn's inner names are others: no reason to stop
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
        return original, {"kind": "original", "reason": f"it could not be compiled ({where})"}
    return compiled, {"kind": "compiled", "proved_rows": rows}


def verify_equivalence(compiled: CompiledPredictor, original: SklearnPredictor, golden: Columns | None = None) -> int:
    """The number of rows on which both answered alike. Raises NotEquivalentError."""
    if (compiled.classes, compiled.has_probabilities) != (original.classes, original.has_probabilities):
        raise NotEquivalentError("it has other classes")
    rows = _SampleGenerator(compiled)
    compared = 0
    for what, columns in (("golden rows", golden), ("rows made from its schema", rows.usual(ROWS))):
        if columns:
            _compare(what, compiled, original, columns)
            compared += len(columns[0])
    for name, columns in rows.edges(EDGES):
        compared += len(columns[0])
        try:
            _compare(f"edge values of column {name}", compiled, original, columns)
        except NotEquivalentError:  # a batch is refused for one of its rows, and must be looked at row by row
            for row in range(len(columns[0])):
                one = [values[row : row + 1] for values in columns]
                _compare(f"edge values of column {name}", compiled, original, one)
    return compared


def _compare(what: str, compiled: CompiledPredictor, original: SklearnPredictor, columns: Columns) -> None:
    """Raise NotEquivalentError unless both answer alike, or both refuse."""
    methods = ["predict", "probabilities"] if compiled.has_probabilities else ["predict"]
    for method in methods:
        wanted, got = _answer(original, method, columns), _answer(compiled, method, columns)
        if (wanted is None) != (got is None):
            raise NotEquivalentError(f"{what}: {'the original' if wanted is None else 'it alone'} refuses them")
        if wanted is None or got is None:
            continue
        if method == "predict" and compiled.classes is not None:
            alike = got == wanted
        else:
            exact = compiled.scoring.exact and compiled.link == "identity"
            alike = _close(np.array(got), np.array(wanted), 0 if exact else TOLERANCE)
        if not alike:
            raise NotEquivalentError(f"{what}: other {'labels' if method == 'predict' else 'probabilities'}")


def _close(got: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    return got.shape == wanted.shape and np.allclose(got, wanted, rtol=tolerance, atol=tolerance, equal_nan=True)


def _answer(predictor: Predictor, method: str, columns: Columns) -> list[Any] | None:
    try:
        answer: list[Any] = getattr(predictor, method)(columns)
    except PredictionError:
        return None
    return answer


class _SampleGenerator:
    """Rows that the schema allows, always the same ones for the same model."""

    def __init__(self, compiled: CompiledPredictor) -> None:
        self.columns = compiled.schema.columns
        self.random = np.random.default_rng(0)
        encoders = compiled.scoring.encoders if isinstance(compiled.scoring, TreeEnsemble) else ()
        self.thresholds = {
            encoder.column: encoder.thresholds[np.abs(encoder.thresholds) < LARGEST]
            for encoder in encoders
            if isinstance(encoder, ThresholdEncoder)
        }

    def usual(self, count: int) -> list[list[Value]]:
        """All known categories, numbers around the thresholds, and missing values where these are allowed."""
        return [self._values(place, column, count) for place, column in enumerate(self.columns)]

    def edges(self, count: int) -> Iterator[tuple[str | int, list[list[Value]]]]:
        """For a sample of the columns: rows in which it alone has an unknown category, or an extreme number."""
        for place in self.random.permutation(len(self.columns)):
            column = self.columns[place]
            odd = _edge_values(column) * (1 if column.kind == "number" else UNKNOWN)
            if count < len(odd) or not odd:
                continue
            count -= len(odd)
            rows = self.usual(len(odd))
            rows[place] = odd
            yield column.name, rows

    def _values(self, place: int, column: Column, count: int) -> list[Value]:
        if column.kind == "number":
            values: list[Value] = self._numbers(place, count).tolist()
        elif column.kind == "category":
            known = list(column.categories)
            codes = self.random.permutation(max(count, len(known)))[:count] % len(known)
            # a missing value is a category to some models; JSON calls it null
            values = [column.clean(value if value == value else None)[0] for value in (known[code] for code in codes)]
        else:
            values = [None if column.nullable else 0] * count
        if column.nullable:
            for row in self.random.permutation(count)[: count // 50]:
                values[row] = column.clean(None)[0]
        return values

    def _numbers(self, place: int, count: int) -> np.ndarray:
        thresholds = self.thresholds.get(place)
        if thresholds is None or not len(thresholds):
            return self.random.normal(size=count) * 10.0 ** self.random.integers(-3, 6, count)
        near = self.random.choice(thresholds, count)
        single = near.astype(np.float32)
        moved = [
            near,
            np.nextafter(near, np.inf),
            np.nextafter(near, -np.inf),
            np.nextafter(single, np.float32(np.inf)).astype(float),
            np.nextafter(single, np.float32(-np.inf)).astype(float),
            np.round(near),
        ]
        numbers: np.ndarray = np.clip(np.choose(self.random.integers(0, len(moved), count), moved), -LARGEST, LARGEST)
        return numbers


def _edge_values(column: Column) -> list[Value]:
    if column.kind == "number":
        return list(EXTREMES)
    if column.kind == "category" and not column.refuse_unknown:
        if any(isinstance(value, str) for value in column.categories):
            return ["no such category", ""]
        return [123456.5, -123456.5]
    return []
