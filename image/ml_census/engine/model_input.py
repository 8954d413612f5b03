"""Convert rows to the form in which a scikit-learn model was fitted: a DataFrame, an array or a list of texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ml_census.schema import Column, Columns, Schema, Value

MIN_TEXT_WIDTH = 32
"""Minimum width of a text array's cells (32, characters): NumPy's width for a float64 written as text."""
USUAL_DTYPES: dict[str, Any] = {"number": "float64", "category": object, "text": object}
"""The pandas dtype of a column by its type, where the schema names none."""


def to_model_input(schema: Schema, columns: Columns) -> Any:
    """Return the rows as the model takes them.

    The result depends on the schema's form. It is a DataFrame, an array of (rows, columns) or a list of texts.
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
    # One character more than the longest category tells every unknown text apart. A wider array would let one long
    # value widen all cells.
    return f"<U{max(MIN_TEXT_WIDTH, *(column.max_category_length + 1 for column in schema.columns))}"


def _frame(schema: Schema, columns: Columns) -> Any:
    import pandas as pd  # takes 0.5 s and 40 MB, which models fitted on arrays do not need

    return pd.DataFrame(
        {column.name: _series(pd, column, values) for column, values in zip(schema.columns, columns, strict=True)}
    )


def _series(pd: Any, column: Column, values: Sequence[Value]) -> Any:
    """Return the values with the dtype of the training: JSON's whole numbers are float64 where the column was."""
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
