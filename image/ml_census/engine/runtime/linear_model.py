"""Linear models over the matrix of features that the pipeline makes of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.runtime.encoders import CategoryEncoder
from ml_census.schema import Columns

Operation = tuple[str, float] | tuple[str, float, float]
"""A key of _OPERATIONS and its operands."""


@dataclass(frozen=True)
class NumericFeature:
    """A feature made of one column of numbers by the operations of scalers and imputers, in their order.

    Raises ValueError for an unknown operation.
    """

    column: int
    operations: tuple[Operation, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for an unknown operation."""
        if not all(map(_is_operation, self.operations)):
            raise ValueError("an operation is unknown, or has another number of operands")

    def values(self, numbers: np.ndarray) -> np.ndarray:
        """Return the feature's values: float64 (rows,) to float64 (rows,), with the same roundings as scikit-learn."""
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
    """The features made of one category column: a row of values for each code of its encoder."""

    encoder: CategoryEncoder
    features: Sequence[int]
    """The positions of the features among all features."""
    values: np.ndarray
    """float64 (codes, features)."""


@dataclass(frozen=True)
class FoldedTable:
    """The summed contribution of all features of one category column to the scores: a row for each code.

    A column of many categories is stored like this, because a CategoryTable has the square of their number.
    """

    encoder: CategoryEncoder
    contributions: np.ndarray
    """float64 (codes, scores)."""


@dataclass(frozen=True)
class LinearModel:
    """features @ weights.T + base, plus the contributions of the folded tables.

    Raises ValueError if the parts are inconsistent.
    """

    tables: Sequence[CategoryTable]
    numbers: Sequence[tuple[int, NumericFeature]]
    """The position of a feature, and the feature."""
    weights: np.ndarray
    """float64 (scores, features), or (features,) as scikit-learn stores the weights of one output."""
    base: np.ndarray
    """float64 (scores,)."""
    folded: Sequence[FoldedTable] = ()

    exact = False
    """Sums may differ in the last bits: scikit-learn adds sparse one-hot features in another order."""

    def __post_init__(self) -> None:
        """Raise ValueError if the parts are inconsistent."""
        if not (self._has_valid_types() and self._has_valid_shapes()):
            raise ValueError("weights and features do not match each other")

    def _has_valid_types(self) -> bool:
        tables = [table.values for table in self.tables] + [folded.contributions for folded in self.folded]
        return all(array.dtype == np.float64 for array in (self.weights, self.base, *tables)) and all(
            type(position) is int for position in self._positions()
        )

    def _has_valid_shapes(self) -> bool:
        return (
            self.weights.ndim in (1, 2)
            and self.base.shape == (self.score_count,)
            and sorted(self._positions()) == list(range(self.weights.shape[-1]))
            and all(table.values.shape == (table.encoder.count, len(table.features)) for table in self.tables)
            and all(table.contributions.shape == (table.encoder.count, self.score_count) for table in self.folded)
        )

    def _positions(self) -> list[int]:
        return [position for table in self.tables for position in table.features] + [index for index, _ in self.numbers]

    @property
    def score_count(self) -> int:
        """The number of scores a row."""
        return self.weights.shape[0] if self.weights.ndim == 2 else 1

    @property
    def inputs(self) -> list[tuple[int, str]]:
        """The columns that the model reads, by position in the schema, and the type that each must have."""
        encoders = [table.encoder for table in self.tables] + [folded.encoder for folded in self.folded]
        return [(encoder.column, encoder.column_type) for encoder in encoders] + [
            (feature.column, "number") for _, feature in self.numbers
        ]

    def scores(self, columns: Columns) -> np.ndarray:
        """Return the scores of rows as float64 (rows, scores)."""
        features = np.empty((len(columns[0]), self.weights.shape[-1]))
        for table in self.tables:
            features[:, table.features] = table.values[table.encoder.encode(columns[table.encoder.column])]
        for index, feature in self.numbers:
            features[:, index] = feature.values(np.array(columns[feature.column], dtype=np.float64))
        scores: np.ndarray = features @ self.weights.T + self.base
        scores = scores.reshape(len(features), -1)
        for folded in self.folded:
            scores = scores + folded.contributions[folded.encoder.encode(columns[folded.encoder.column])]
        return scores
