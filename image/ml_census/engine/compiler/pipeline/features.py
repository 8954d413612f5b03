"""Features: the columns after some steps of a pipeline. Each feature depends on one raw column, a column of the schema.

A feature of a number column is a list of arithmetic operations. A feature of a category
column is a table: it has one value for each probe value of the column. The probe values
are a missing value, the known categories and two unknown categories.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.engine.runtime.linear.number_operations import OPERATIONS, Function
from ml_census.schema import Column, Schema, Value

UNKNOWN_TEXTS = ("\x01 an unknown category", "\x02 another one")
"""Two texts that are no known categories. The compiler detects a step that treats the
two texts differently."""
UNKNOWN_COUNT = 2
"""The number of unknown categories, which are the last probe values of a column."""


class UnsupportedModelError(Exception):
    """Report a model that cannot be compiled. The message is the reason, in one line."""


class UnsupportedColumnError(UnsupportedModelError):
    """Report a column with which a model cannot be compiled. compiler.py replaces this error by one with the name."""

    def __init__(self, message: str, column: int) -> None:
        """Initialize with a message that has {} in place of the column, and its position in the schema."""
        super().__init__(message.format(column))
        self._message, self._column = message, column

    def with_name(self, schema: Schema) -> UnsupportedModelError:
        """Return the error that names the column as the schema does."""
        return UnsupportedModelError(self._message.format(schema.columns[self._column].name))


@dataclass(frozen=True)
class CategoricalFeature:
    """A feature of a category column: a table with a value for each probe value of the column.

    The probe values are a missing value, the known categories and two unknown
    categories. If `exceptions` is None, the feature has the value values[i] for probe
    value i.

    Otherwise `exceptions` has two integer arrays (n,): the positions of probe values,
    and the positions of their values in `values`. The feature has values[0] for all
    other probe values. This form is for one-hot encoders: of 100,000 categories, each
    feature is 0 for all but one.
    """

    column: int
    values: np.ndarray
    exceptions: tuple[np.ndarray, np.ndarray] | None = None
    probe_count: int = 0
    """The number of probe values if `exceptions` is not None, else 0."""

    def dense(self) -> np.ndarray:
        """Return the value of the feature for each probe value: an array (probe values,) with the dtype of `values`.

        The probe values of the column are a missing value, the known categories and two
        unknown categories.
        """
        if self.exceptions is None:
            return self.values
        positions = np.zeros(self.probe_count, dtype=np.intp)
        positions[self.exceptions[0]] = self.exceptions[1]
        return self.values[positions]


@dataclass(frozen=True)
class MaskedFeature(NumericFeature):
    """A feature of a number column, of which the model treats a range of values as missing values."""

    mask: "Mask" = field(kw_only=True)

    def values(self, numbers: np.ndarray, functions: Mapping[str, Function] = OPERATIONS) -> np.ndarray:
        """Return the values of the feature, before the mask replaces values of its range: float64 (rows,)."""
        values = super().values(numbers, functions)
        return np.where(np.abs(values) <= self.mask.zero, 0.0, values)


@dataclass(frozen=True)
class Mask:
    """The values that a model of XGBoost or LightGBM replaces before the trees compare them."""

    low: float = np.inf
    """The lowest value that the model treats as a missing value. `low` is above `high`
    if there is no such value."""
    high: float = -np.inf
    """The highest value that the model treats as a missing value."""
    zero: float = 0.0
    """The model replaces numbers from -zero to zero by 0, before `low` and `high`
    apply."""

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the values with NaN for each value from `low` to `high`: float64 (n,) to float64 (n,)."""
        values = np.where(np.abs(values) <= self.zero, 0.0, values)
        return np.where((values >= self.low) & (values <= self.high), np.nan, values)


@dataclass(frozen=True)
class OpaqueFeature:
    """A feature that no model can use in compiled form. A later step must drop the feature."""

    column: int
    is_product: bool = False
    """Whether the feature is the product of this column and others. Otherwise the
    column is neither a number nor a category."""

    def error(self) -> UnsupportedColumnError:
        """Return the error for a step or a model that uses the feature."""
        if self.is_product:
            return UnsupportedColumnError("PolynomialFeatures multiplies column {} by another column", self.column)
        return UnsupportedColumnError("column {} is neither a number nor a category", self.column)


Feature = CategoricalFeature | NumericFeature | OpaqueFeature


def input_features(schema: Schema) -> list[Feature]:
    """Return a feature for each column of the schema, before the first step of the pipeline.

    Raises UnsupportedModelError for a model that takes one text per row (schema.form
    "documents"), or for a category column whose only category is the missing value.
    """
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
    """Return the values as an array of Python objects: object (values,)."""
    return np.array([*values, None], dtype=object)[:-1]


def known_categories(column: Column) -> list[Value]:
    """Return the categories of a column without None and NaN, in the order of the schema."""
    return [value for value in column.categories if value is not None and value == value]


def probe_values(column: Column) -> list[Value]:
    """Return a missing value, the known categories and two unknown categories of a column, in this order.

    The first category replaces each value that the schema rejects. Raises
    UnsupportedModelError for a column whose only category is the missing value.
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
