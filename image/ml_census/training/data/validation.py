"""Validate the rows of a table by the schema of a model, as the server validates the rows of a request."""

from typing import Any

import numpy as np
import pandas as pd

from ml_census.schema import MAX_FLOAT32, Column, InvalidValueError, Schema
from ml_census.schema.values import describe_value
from ml_census.training.data.tables import Table


def validate_rows(schema: Schema, table: Table, names: list[str | None]) -> pd.DataFrame:
    """Return the values of the model's columns as the model expects them: numbers as float64, other values as objects.

    `names` has the name in the table of each column, or None for a column that clients
    can omit. Raises ArtifactError for the first value that a column does not accept.
    """
    values = {}
    for column, name in zip(schema.columns, names, strict=True):
        series = table.frame[name] if name else pd.Series([None] * len(table.frame), dtype=object)
        values[column.name] = _validate(column, series, table)
    return pd.DataFrame(values)


def _validate(column: Column, values: pd.Series, table: Table) -> pd.Series:
    if column.type == "number" and pd.api.types.is_numeric_dtype(values.dtype):
        return _validate_numbers(column, values, table)
    codes, uniques = pd.factorize(values)  # the code of a missing value is -1
    valid = []
    for code, value in enumerate([*uniques, None] if (codes < 0).any() else uniques):
        plain = to_json_value(value)
        try:
            valid.append(column.validate(plain)[0])
        except InvalidValueError as error:
            raise _error(table, column, plain, str(error), codes == (code if code < len(uniques) else -1)) from error
    dtype = "float64" if column.type == "number" else object
    return pd.Series(np.array([*valid, None], dtype=object)[:-1][codes], dtype=dtype)


def _validate_numbers(column: Column, values: pd.Series, table: Table) -> pd.Series:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(numbers)
    if missing.any() and not column.nullable:
        raise _error(table, column, None, "a number", missing)
    if (outside := ~missing & ~(np.abs(numbers) <= MAX_FLOAT32)).any():
        number = numbers[outside][0].item()
        raise _error(table, column, number, "a finite number within the range of float32", outside)
    return pd.Series(numbers)


def _error(table: Table, column: Column, value: Any, expected: str, rows: np.ndarray) -> Exception:
    """Return the error for the first of the `rows`, which have a value that the column does not accept."""
    count = int(rows.sum())
    others = f"; {count:,} rows have this value" if count > 1 else ""
    got = "missing" if value is None else repr(describe_value(value))
    return table.error(f"column {column.name} is {got}, expected {expected}{others}", int(np.argmax(rows)))


def to_json_value(value: Any) -> Any:
    """Return a value of a DataFrame as JSON represents it: a date as text in ISO 8601, NaN as None."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
