"""Linear models, and the features that a pipeline computes for such a model from the columns of the schema."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.runtime.encoders import CategoryEncoder
from ml_census.schema import Columns

Operation = tuple[str, float] | tuple[str, float, float]
"""Name of an arithmetic operation, a key of _OPERATIONS, and its one or two
operands."""


@dataclass(frozen=True)
class NumericFeature:
    """A feature that arithmetic operations compute from one number column.

    `column` is the position of the column in the schema. `operations` are those of the
    scalers and imputers before the model, in their order. Raises ValueError for an
    unknown operation.
    """

    column: int
    operations: tuple[Operation, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for an unknown operation."""
        if not all(map(_is_operation, self.operations)):
            raise ValueError("an operation is unknown, or has another number of operands")

    def values(self, numbers: np.ndarray) -> np.ndarray:
        """Apply the operations to numbers of the column: float64 (rows,) to float64 (rows,).

        The results have the same rounding as those of scikit-learn.
        """
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
    """The features of one category column, as a table: a row of feature values for each code of the encoder."""

    encoder: CategoryEncoder
    features: Sequence[int]
    """The positions of these features among all features of the model."""
    values: np.ndarray
    """float64 (codes, features)."""


@dataclass(frozen=True)
class FoldedTable:
    """The contribution of one category column to the scores: for each code, the sum of weight times feature value.

    A column of many categories is stored in this form. After a one-hot encoder, n
    categories make n features: a CategoryTable has n * n numbers, and a FoldedTable has
    n numbers for each score.
    """

    encoder: CategoryEncoder
    contributions: np.ndarray
    """float64 (codes, scores)."""


@dataclass(frozen=True)
class LinearModel:
    """Linear model with the scores `features @ weights.T + base`, plus the contributions of the folded tables.

    Raises ValueError if the fields are inconsistent.
    """

    tables: Sequence[CategoryTable]
    """The features of category columns."""
    numbers: Sequence[tuple[int, NumericFeature]]
    """The features of number columns, each with its position among all features of the
    model."""
    weights: np.ndarray
    """float64 (scores, features), or (features,) as scikit-learn stores the weights of
    one output."""
    base: np.ndarray
    """The intercepts: float64 (scores,)."""
    folded: Sequence[FoldedTable] = ()
    """The category columns that have no features in `weights`, because their
    contributions are already summed."""

    exact = False
    """Scores may differ from those of scikit-learn in the last bits.

    scikit-learn adds the products of sparse features in another order.
    """

    def __post_init__(self) -> None:
        """Raise ValueError if the fields are inconsistent."""
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
        """The number of scores of each row."""
        return self.weights.shape[0] if self.weights.ndim == 2 else 1

    @property
    def inputs(self) -> list[tuple[int, str]]:
        """Position in the schema and required type ("number" or "category") of each column that the model reads."""
        encoders = [table.encoder for table in self.tables] + [folded.encoder for folded in self.folded]
        return [(encoder.column, encoder.column_type) for encoder in encoders] + [
            (feature.column, "number") for _, feature in self.numbers
        ]

    def scores(self, columns: Columns) -> np.ndarray:
        """Return the scores of rows: float64 (rows, scores)."""
        features = self._features(columns)
        scores: np.ndarray = features @ self.weights.T + self.base
        scores = scores.reshape(len(features), -1)
        for folded in self.folded:
            scores = scores + folded.contributions[folded.encoder.encode(columns[folded.encoder.column])]
        return scores

    def effects(self, columns: Columns, reference: Columns, scores: np.ndarray) -> np.ndarray:
        """Return the effects of the columns, as HasEffects in reasons.py.

        The effect of a column is the difference of the contributions of its features.
        """
        products = (self._features(columns) - self._features(reference)) * np.atleast_2d(self.weights)[scores]
        effects = np.zeros((len(products), len(columns)))
        for table in self.tables:
            effects[:, table.encoder.column] += products[:, table.features].sum(axis=1)
        for index, feature in self.numbers:
            effects[:, feature.column] += products[:, index]
        for folded in self.folded:
            column = folded.encoder.column
            own, other = (folded.contributions[folded.encoder.encode(rows[column])] for rows in (columns, reference))
            effects[:, column] += (own - other)[np.arange(len(products)), scores]
        return effects

    def _features(self, columns: Columns) -> np.ndarray:
        features = np.empty((len(columns[0]), self.weights.shape[-1]))
        for table in self.tables:
            features[:, table.features] = table.values[table.encoder.encode(columns[table.encoder.column])]
        for index, feature in self.numbers:
            features[:, index] = feature.values(np.array(columns[feature.column], dtype=np.float64))
        return features
