"""Effects of columns on a score: exact Shapley values of a row against one reference row.

The effects of a row add up to its score minus the score of the reference. A column has
the effect 0 if both rows have the same value, or if the model does not read the column.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from ml_census.schema import Columns, Schema, Value


@runtime_checkable
class HasEffects(Protocol):
    """A part of a compiled model that can compute the effects of columns on its scores."""

    def effects(self, columns: Columns, reference: Columns, scores: np.ndarray) -> np.ndarray:
        """Return the effect of each column on one score of each row: float64 (rows, columns of the schema).

        `reference` has one row. `scores` has the position of the score of each row:
        uint32 (rows,). Raises PredictionError for a number that scikit-learn rejects.
        """


@dataclass(frozen=True)
class Reason:
    """A column with an effect on the score of a row."""

    column: str | int
    """The name of the column in the schema."""
    value: Value
    """The value in the row; None for a missing value."""
    reference: Value
    """The value in the reference row; None for a missing value."""
    effect: float
    """The Shapley value of the column, in the unit of the score before the link
    function."""


def order_by_effect(effects: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the `count` columns with the largest absolute effects of each row, the largest first.

    Columns with equal effects have the order of the schema. `effects` is float64 (rows,
    columns), the result has integers, (rows, count).
    """
    return np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :count]


def largest_reasons(
    schema: Schema, columns: Columns, reference: Columns, effects: np.ndarray, count: int
) -> list[list[Reason]]:
    """Return for each row the reasons with the `count` largest absolute effects, in the order of order_by_effect().

    Columns with the effect 0 are no reasons. `effects` is float64 (rows, columns).
    """
    return [
        [
            Reason(schema.columns[column].name, _value(columns, column, row), _value(reference, column, 0), effect)
            for column in positions
            if (effect := float(effects[row, column]))
        ]
        for row, positions in enumerate(order_by_effect(effects, count).tolist())
    ]


def _value(columns: Columns, column: int, row: int) -> Value:
    value = columns[column][row]
    return value if value == value else None
