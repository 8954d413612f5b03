"""Complete the schema of a model with the types and the missing values of its training data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.predictor import PredictionError
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.errors import ArtifactError
from ml_census.schema import Column, ColumnChanges, Schema
from ml_census.schema.errors import InvalidValueError
from ml_census.schema.values import parse_date
from ml_census.training.data.tables import Table
from ml_census.training.data.validation import to_json_value, validate_rows

BOOLEAN: ColumnChanges = {
    "type": "category",
    "categories": (False, True),
    "dtype": "bool",
    "nullable": False,
    "reject_unknown": True,
}
"""A column of booleans. A missing value would become True: NumPy has no missing
boolean."""
TRIED_ROWS = 20
"""Maximum number of training rows that the model predicts to test a change of the
schema (20)."""
MAX_CATEGORIES = 100
"""Maximum number of different texts of a column of categories (100). With more, the
column has type "text"."""


def complete_schema(model: Any, schema: Schema, table: Table, names: list[str | None]) -> Schema:
    """Return the schema with the types of the training data for columns of unknown type, and for dates.

    A scaler converts dates to numbers, so the model states the type number for a column
    of dates. A column with missing values becomes nullable. Each change is kept only if
    the model predicts training rows with it. `names` has the name in the table of each
    column of the schema.
    """
    pairs = enumerate(zip(schema.columns, names, strict=True))
    used = {index: table.frame[name] for index, (column, name) in pairs if name is not None and not column.dropped}
    candidates = {index: _candidates(schema.columns[index], values) for index, values in used.items()}
    schema = _with_types(model, schema, {index: found for index, found in candidates.items() if found}, table, names)
    return _with_nullable(model, schema, used, table, names)


def _with_nullable(
    model: Any, schema: Schema, used: Mapping[int, pd.Series], table: Table, names: list[str | None]
) -> Schema:
    """Return the schema where the columns with missing values are nullable, if the model predicts such rows."""
    for index, values in used.items():
        if not schema.columns[index].nullable and values.isna().any():
            changed = schema.with_changes({index: {"nullable": True}})
            schema = changed if _accepts(model, changed, table, names, with_missing=index) else schema
    return schema


def with_booleans(model: Any, schema: Schema, table: Table, names: list[str | None]) -> Schema:
    """Return the schema where a column of numbers with booleans in the training data accepts only booleans.

    A form can then show a switch in place of a number. The schema is unchanged if the
    model would no longer compile.
    """
    found = [index for index, pair in enumerate(zip(schema.columns, names, strict=True)) if _is_boolean(*pair, table)]
    if not found or schema.form != "frame" or any(table.frame[names[index]].isna().any() for index in found):
        return schema
    changed = schema.with_changes(dict.fromkeys(found, BOOLEAN))
    if not _accepts(model, changed, table, names):
        return schema
    _, engine = compile_and_verify(SklearnPredictor(model, changed))
    return changed if engine.kind == "compiled" else schema


def _is_boolean(column: Column, name: str | None, table: Table) -> bool:
    """Return whether a column of numbers has booleans in the training data."""
    return column.type == "number" and name is not None and pd.api.types.is_bool_dtype(table.frame[name].dtype)


def _with_types(
    model: Any, schema: Schema, candidates: Mapping[int, list[ColumnChanges]], table: Table, names: list[str | None]
) -> Schema:
    """Return the schema with the first accepted type of each column: of all columns at once, or of one after another.

    A model of one's own code can reject rows until all columns have their types.
    """
    for choice in (0, -1) if len(candidates) > 1 else ():
        changed = schema.with_changes({index: types[choice] for index, types in candidates.items()})
        if _accepts(model, changed, table, names):
            return changed
    for index, types in candidates.items():
        tried = (schema.with_changes({index: changes}) for changes in types)
        schema = next((changed for changed in tried if _accepts(model, changed, table, names)), schema)
    return schema


def _candidates(column: Column, values: pd.Series) -> list[ColumnChanges]:
    """Return the possible types of a column as attributes of Column, the most probable first."""
    dates: list[ColumnChanges] = [{"type": "date"}] if column.type in ("any", "number") and _are_dates(values) else []
    known = _type_of(values) if column.type == "any" else {}
    return [known, *(date for date in dates if date != known)] if known else dates


def _type_of(values: pd.Series) -> ColumnChanges:
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
    return _type_of_texts(texts) if texts.map(lambda value: isinstance(value, str)).all() else {}


def _type_of_texts(texts: pd.Series) -> ColumnChanges:
    """Return the attributes of Column for texts, none of them missing: none for no text."""
    if texts.empty:
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


def _accepts(
    model: Any, schema: Schema, table: Table, names: list[str | None], with_missing: int | None = None
) -> bool:
    """Return whether the model predicts training rows.

    The rows have no missing values, except in the column at the position
    `with_missing`.
    """
    positions, filled = np.arange(min(TRIED_ROWS, len(table.frame))), [name for name in names if name is not None]
    if with_missing is not None:
        positions = np.flatnonzero(table.frame[names[with_missing]].isna())[:TRIED_ROWS]
        filled.remove(names[with_missing] or "")
    tried = replace(table, frame=_without_missing(table.frame, positions, filled))
    try:
        valid = validate_rows(schema, tried, names)
        SklearnPredictor(model, schema).predict([valid[column.name].tolist() for column in schema.columns])
    except (ArtifactError, PredictionError):
        return False
    return True


def _without_missing(frame: pd.DataFrame, positions: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Return rows of the table. Missing values in the columns `names` are replaced with a value of the column."""
    rows = frame.iloc[positions].copy()
    for name in names:
        if rows[name].isna().any() and (first := frame[name].first_valid_index()) is not None:
            known: Any = frame.at[first, name]
            rows[name] = rows[name].fillna(known)
    return rows
