"""Convert rows to the input type with which a scikit-learn model was fitted: DataFrame, array or list of texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ml_census.schema import Column, Columns, Schema, Value

MIN_TEXT_WIDTH = 32
"""Minimum width of the cells of a text array, in characters (default 32). NumPy uses 32
to convert float64 to text."""
USUAL_DTYPES: dict[str, Any] = {"number": "float64", "category": object, "text": object}
"""Type of a column -> its pandas dtype, if the schema gives no dtype for the column."""


def to_model_input(schema: Schema, columns: Columns) -> Any:
    """Return the rows as the argument of the model's predict().

    For schema.form "frame" this is a DataFrame, for "documents" a list of texts. For
    other forms it is an array (rows, columns) of float64, text or objects. Raises
    ValueError or TypeError if a value does not fit the dtype.
    """
    if schema.form == "frame":
        return _frame(schema, columns)
    if schema.form == "documents":
        return list(columns[0])
    return np.array(list(zip(*columns, strict=True)), dtype=_array_dtype(schema))


def _array_dtype(schema: Schema) -> Any:
    if schema.form == "numbers":
        return np.float64
    if schema.form == "objects":
        return object
    # NumPy cuts longer texts to the width of a cell. With one character more than the
    # longest category, a cut text equals no category. Without a maximum width, one long
    # text would widen all cells.
    return f"<U{max(MIN_TEXT_WIDTH, *(column.max_category_length + 1 for column in schema.columns))}"


def _frame(schema: Schema, columns: Columns) -> Any:
    import pandas as pd  # the import takes 0.5 s and 40 MB, and models fitted on arrays do not need pandas

    return pd.DataFrame(
        {column.name: _series(pd, column, values) for column, values in zip(schema.columns, columns, strict=True)}
    )


def _series(pd: Any, column: Column, values: Sequence[Value]) -> Any:
    """Return the values with the dtype of the training data. In JSON, a float such as 1.0 can come as the integer 1."""
    if column.dtype == "category":
        known = [value if column.is_known(value) else None for value in values]
        return pd.Series(pd.Categorical(known, categories=column.json_categories))
    if column.type == "date":
        return _dates(pd, column, values)
    return pd.Series(list(values), dtype=column.dtype or USUAL_DTYPES.get(column.type))


def _dates(pd: Any, column: Column, values: Sequence[Value]) -> Any:
    dates = pd.Series(pd.to_datetime(list(values), format="ISO8601", utc=True))
    is_utc = column.dtype is not None and column.dtype.endswith(", UTC]")
    dates = dates if is_utc else dates.dt.tz_localize(None)
    return dates.astype(column.dtype) if column.dtype else dates
