"""Linear models over the float matrix that the pipeline makes of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.runtime.encoders import CategoryEncoder
from ml_census.schema.schema import Columns

Operation = tuple[str, float] | tuple[str, float, float]


@dataclass(frozen=True)
class NumericFeature:
    """A feature made of a number: the operations of scalers and imputers, one after the other."""

    column: int
    operations: tuple[Operation, ...] = ()

    def __post_init__(self) -> None:
        if not all(map(_is_operation, self.operations)):
            raise ValueError("an operation is not known, or lacks its numbers")

    def values(self, numbers: np.ndarray) -> np.ndarray:
        """float64 in, float64 out; the same roundings as scikit-learn's."""
        for name, *operands in self.operations:
            numbers = _OPERATIONS[name](numbers, *operands)
        return numbers


_OPERATIONS: dict[str, Any] = {
    "subtract": np.subtract,
    "divide": np.divide,
    "multiply": np.multiply,
    "add": np.add,
    "clip": np.clip,
    "fill": lambda numbers, value: np.where(np.isnan(numbers), value, numbers),
    "missing": lambda numbers, value: np.where(np.isnan(numbers), value, 0.0),
}


def _is_operation(operation: Any) -> bool:
    name, *operands = operation
    return (
        name in _OPERATIONS
        and len(operands) == (2 if name == "clip" else 1)
        and all(isinstance(operand, float) for operand in operands)
    )


@dataclass(frozen=True)
class CategoryTable:
    """The features made of one category column: a line for each code of its encoder."""

    encoder: CategoryEncoder
    places: Sequence[int]
    lines: np.ndarray
    """float64 (codes, places)"""


@dataclass(frozen=True)
class Folded:
    """All features of a category column that has many, already multiplied by their weights: a line for each code."""

    encoder: CategoryEncoder
    lines: np.ndarray
    """float64 (codes, scores)"""


@dataclass(frozen=True)
class LinearModel:
    """features @ weights.T + base, and the lines of the folded columns.

    weights: float64 (scores, features), or (features,) as scikit-learn keeps those of one output; base: float64
    (scores,). Raises ValueError if these do not fit together.
    """

    tables: Sequence[CategoryTable]
    numbers: Sequence[tuple[int, NumericFeature]]
    """The place of a feature, and the feature."""
    weights: np.ndarray
    base: np.ndarray
    folded: Sequence[Folded] = ()

    exact = False
    """scikit-learn may add in another order: it keeps one-hot features sparse."""

    def __post_init__(self) -> None:
        places = [place for table in self.tables for place in table.places] + [place for place, _ in self.numbers]
        lines = [table.lines for table in self.tables] + [folded.lines for folded in self.folded]
        arrays = [self.weights, self.base, *lines]
        fits = (
            all(array.dtype == np.float64 for array in arrays)
            and all(type(place) is int for place in places)
            and all(table.lines.shape == (table.encoder.count, len(table.places)) for table in self.tables)
            and all(table.lines.shape == (table.encoder.count, self.count) for table in self.folded)
            and self.weights.ndim in (1, 2)
            and self.base.shape == (self.count,)
            and sorted(places) == list(range(self.weights.shape[-1]))
        )
        if not fits:
            raise ValueError("weights and features do not fit together")

    @property
    def count(self) -> int:
        """How many scores a row has."""
        return self.weights.shape[0] if self.weights.ndim == 2 else 1

    def scores(self, columns: Columns) -> np.ndarray:
        """float64 (rows, scores)."""
        features = np.empty((len(columns[0]), self.weights.shape[-1]))
        for table in self.tables:
            features[:, table.places] = table.lines[table.encoder.many(columns[table.encoder.column])]
        for place, number in self.numbers:
            features[:, place] = number.values(np.array(columns[number.column], dtype=np.float64))
        scores: np.ndarray = features @ self.weights.T + self.base
        scores = scores.reshape(len(features), -1)
        for folded in self.folded:
            scores = scores + folded.lines[folded.encoder.many(columns[folded.encoder.column])]
        return scores
