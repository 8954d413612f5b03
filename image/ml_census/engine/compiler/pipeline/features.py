"""Features: the columns that a pipeline makes of raw columns, each a function of one raw column.

A category column needs no formula: its feature is a table of values, one for each probe value of the column. The probe
values are a missing value, the known categories, and two unknown ones. A number is a list of arithmetic operations.
"""

from dataclasses import dataclass

import numpy as np

from ml_census.engine.runtime.linear_model import NumericFeature
from ml_census.schema import Column, Schema, Value

UNKNOWN_TEXTS = ("\x01 an unknown category", "\x02 another one")
"""Two texts that are no category: with two, a step that treats unknown categories differently is noticed."""
UNKNOWN_COUNT = 2
"""The number of unknown categories at the end of a column's probe values."""


class UnsupportedModelError(Exception):
    """The model cannot be compiled; the message is the reason in one line."""


@dataclass(frozen=True)
class CategoricalFeature:
    """A feature of a category column, by its value for each probe value of the column.

    An encoder of 100,000 categories makes 100,000 features of 100,000 probe values, and each feature is 0 except for
    one of them. So `exceptions` can hold the positions of the probe values whose value is not values[0], and the
    position of the value of each among `values`. Without exceptions, probe value i has values[i].
    """

    column: int
    values: np.ndarray
    exceptions: tuple[np.ndarray, np.ndarray] | None = None
    probe_count: int = 0
    """The number of probe values, where `exceptions` are given."""

    def dense(self) -> np.ndarray:
        """Return the value for each probe value."""
        if self.exceptions is None:
            return self.values
        positions = np.zeros(self.probe_count, dtype=np.intp)
        positions[self.exceptions[0]] = self.exceptions[1]
        return self.values[positions]


@dataclass(frozen=True)
class OpaqueFeature:
    """A column whose values the schema does not describe. A pipeline may drop it, but not use it."""

    column: int


Feature = CategoricalFeature | NumericFeature | OpaqueFeature


def input_features(schema: Schema) -> list[Feature]:
    """Return the raw columns as features, before any step. Raises UnsupportedModelError for documents."""
    if schema.form == "documents":
        raise UnsupportedModelError("no rule for models of documents")
    return [_input_feature(schema, index, column) for index, column in enumerate(schema.columns)]


def _input_feature(schema: Schema, index: int, column: Column) -> Feature:
    if column.type == "number":
        return NumericFeature(index)
    if column.type != "category":
        return OpaqueFeature(index)
    values = probe_values(column)
    if schema.form == "numbers":
        return CategoricalFeature(index, np.array(values, dtype=np.float64))
    if schema.form == "text":
        return CategoricalFeature(index, np.array([str(value) for value in values]))
    return CategoricalFeature(index, object_array(values))


def object_array(values: list[Value]) -> np.ndarray:
    """Return a one-dimensional array of Python objects."""
    return np.array([*values, None], dtype=object)[:-1]


def known_categories(column: Column) -> list[Value]:
    """Return the categories without the missing value, which has a code of its own."""
    return [value for value in column.categories if value is not None and value == value]


def probe_values(column: Column) -> list[Value]:
    """Return a missing value, the known categories, and two unknown ones.

    A value that the schema rejects is replaced by the first category. Raises UnsupportedModelError for a column without
    categories.
    """
    values = known_categories(column)
    if not values:
        raise UnsupportedModelError(f"column {column.name} has no category but the missing value")
    missing = column.validate(None)[0] if column.nullable else values[0]
    unknown: tuple[Value, ...] = (values[0],) * UNKNOWN_COUNT
    if not column.reject_unknown:
        numbers = [value for value in values if not isinstance(value, str)]
        unknown = (max(numbers) + 1.5, min(numbers) - 1.5) if numbers else UNKNOWN_TEXTS  # type: ignore[type-var, operator]
    return [missing, *values, *unknown]
