"""Complete the schema of a model with the types and the missing values of its training data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ml_census.engine.predictor import PredictionError
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.errors import ArtifactError
from ml_census.schema import Column, Schema
from ml_census.schema.errors import InvalidValueError
from ml_census.schema.values import parse_date
from ml_census.training.data.tables import Table
from ml_census.training.data.validation import to_json_value, validate_rows

TRIED_ROWS = 20
"""Maximum number of training rows that the model predicts to test a change of the schema (20)."""
MAX_CATEGORIES = 100
"""Maximum number of different texts of a column of categories (100). With more, the column has type "text"."""


def complete_schema(model: Any, schema: Schema, table: Table, names: list[str | None]) -> Schema:
    """Return the schema with the types of the training data for columns of unknown type, and for dates.

    A scaler converts dates to numbers, so the model states the type number for a column of dates. A column with missing
    values becomes nullable. Each change is kept only if the model predicts training rows with it. `names` has the name
    in the table of each column of the schema.
    """
    for index, (column, name) in enumerate(zip(schema.columns, names, strict=True)):
        if name is None or column.dropped:
            continue
        values = table.frame[name]
        if column.type == "any":
            schema = _kept(model, schema, index, _type_of(values), table, names, values.notna())
        elif column.type == "number" and _are_dates(values):
            schema = _kept(model, schema, index, {"type": "date"}, table, names, values.notna())
        if not schema.columns[index].nullable and values.isna().any():
            schema = _kept(model, schema, index, {"nullable": True}, table, names, values.isna())
    return schema


def _type_of(values: pd.Series) -> Mapping[str, Any]:
    """Return the attributes of Column for the values of a column."""
    kind, dtype = pd.api.types, values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return {"type": "category", "categories": tuple(map(to_json_value, dtype.categories)), "dtype": "category"}
    if kind.is_bool_dtype(dtype):
        return {"type": "category", "categories": (False, True), "dtype": str(dtype)}
    if kind.is_numeric_dtype(dtype):
        return {"type": "number"}
    if kind.is_datetime64_any_dtype(dtype):
        return {"type": "date"}
    texts = values.dropna()
    if texts.empty or not texts.map(lambda value: isinstance(value, str)).all():
        return {}
    different = texts.unique()
    if len(different) <= min(MAX_CATEGORIES, len(texts) // 2):
        return {"type": "category", "categories": tuple(sorted(different))}
    return {"type": "text"}


def _are_dates(values: pd.Series) -> bool:
    """Return whether the values of a column are dates, or texts in ISO 8601, with or without missing values."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return True
    try:
        return not values.isna().all() and all(parse_date(value) for value in values.dropna().unique())
    except InvalidValueError:
        return False


def _kept(
    model: Any,
    schema: Schema,
    index: int,
    changes: Mapping[str, Any],
    table: Table,
    names: list[str | None],
    rows: pd.Series,
) -> Schema:
    """Return the changed schema if the model predicts some of the `rows` of the table with it, else the schema."""
    changed = _changed(schema, index, changes)
    positions = np.flatnonzero(rows.to_numpy())[:TRIED_ROWS]
    others = [name for at, name in enumerate(names) if name is not None and at != index]
    tried = replace(table, frame=_without_missing(table.frame, positions, others))
    try:
        valid = validate_rows(changed, tried, names)
        SklearnPredictor(model, changed).predict([valid[column.name].tolist() for column in changed.columns])
    except (ArtifactError, PredictionError):
        return schema
    return changed


def _without_missing(frame: pd.DataFrame, positions: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Return rows of the table. Missing values in the columns `names` are replaced with a value of the column."""
    rows = frame.iloc[positions].copy()
    for name in names:
        if rows[name].isna().any() and (first := frame[name].first_valid_index()) is not None:
            known: Any = frame.at[first, name]
            rows[name] = rows[name].fillna(known)
    return rows


def _changed(schema: Schema, index: int, changes: Mapping[str, Any]) -> Schema:
    columns: list[Column] = [*schema.columns]
    columns[index] = replace(columns[index], **changes)
    form = schema.form
    if form in ("objects", "numbers"):
        form = "numbers" if all(column.type == "number" for column in columns) else "objects"
    return Schema(tuple(columns), form)
