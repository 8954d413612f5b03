"""Conversion of Python, numpy and pandas rows to JSON, without importing numpy or pandas."""

import datetime
import json
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

EXPECTED = "expected a number, text, true or false, a date, or a missing value"


class RowError(Exception):
    """Report rows that cannot be converted to JSON. The message is the reason in one line."""


def rows_of(table: Any, names: list[str], required: list[str]) -> Iterable[Any]:
    """Return the rows of a DataFrame or of another iterable. `names` are the columns of the model.

    A DataFrame must have the `required` columns. Columns that the model does not have
    are ignored. For a model without column names, the columns of a DataFrame are
    matched by position. Raises RowError if the table is a text or a single mapping, or
    if a DataFrame lacks a required column or has a column twice.
    """
    if isinstance(table, str | bytes | Mapping):
        raise RowError(f"the rows must be a list of rows or a DataFrame, not one {type(table).__name__}")
    if is_frame(table):
        return _frame_rows(table, names, required)
    rows: Iterable[Any] = iter(table)
    return rows


def _frame_rows(frame: Any, names: list[str], required: list[str]) -> Iterable[Any]:
    columns = [str(name) for name in frame.columns]
    records: Iterable[Any] = frame.itertuples(index=False, name=None)
    if twice := [name for name in names if columns.count(name) > 1]:
        raise RowError(f"the DataFrame has two columns {twice[0]}")
    if set(required) <= set(columns):
        indexes = [columns.index(name) if name in columns else None for name in names]
        return ([None if index is None else record[index] for index in indexes] for record in records)
    if len(columns) == len(names) == sum(name.isdecimal() for name in names):
        return records
    missing = [name for name in required if name not in columns]
    raise RowError(f"the DataFrame has no column {', '.join(missing)}: it has {', '.join(columns)}"[:1000])


def is_frame(table: object) -> bool:
    """Return whether an object has the methods of a pandas DataFrame (itertuples, columns)."""
    return hasattr(table, "itertuples") and hasattr(table, "columns")


def text_of(row: Any) -> str:
    """Return a row as JSON. Missing values (None, NaN, NA, NaT) are null, and dates are in ISO 8601.

    The row is a sequence, an array, a mapping, a pandas Series or a single value.
    Raises RowError if JSON cannot represent a value, such as a list in a cell.
    """
    try:
        return json.dumps(row, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(_to_builtin(row), allow_nan=False)


def _to_builtin(row: Any) -> Any:
    if isinstance(row, Mapping):
        return {str(name): _cell(value, name) for name, value in row.items()}
    if hasattr(row, "items") and hasattr(row, "index"):  # a Series: one row of a DataFrame
        return {str(name): _cell(value, name) for name, value in row.items()}
    if isinstance(row, str) or not isinstance(row, Iterable) or getattr(row, "ndim", 1) == 0:
        return _cell(row, 0)
    return [_cell(value, index) for index, value in enumerate(row)]


def _cell(value: Any, column: object) -> Any:
    """Return a value as None, text, boolean or number. Raises RowError for other values."""
    if _is_missing(value):
        return None
    value = _to_plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise RowError(f"column {column}: {EXPECTED}, got {value}")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise RowError(f"column {column}: {EXPECTED}, got a value of type {type(value).__name__}")


def _to_plain(value: Any) -> Any:
    """Return a Decimal or a NumPy value as a built-in Python type, and a date as text."""
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if type(value).__name__ == "datetime64":  # of numpy, in any unit
        value = value.astype("datetime64[us]")
    if hasattr(value, "tolist") and type(value).__name__ != "timedelta64":
        value = value.tolist()
    return value.isoformat() if isinstance(value, datetime.date) else value  # also a datetime and a Timestamp


def _is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN, NaT or NA. NaN and NaT are not equal to themselves."""
    if isinstance(value, Decimal):
        return value.is_nan()
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):  # NA is neither true nor false; nor are arrays
        return type(value).__name__ == "NAType"
