"""Conversion of a Schema to and from JSON, for schema.json beside a model and for the response of GET /schema."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, get_args

from ml_census.schema.column import Column, ColumnType
from ml_census.schema.errors import InvalidValueError, SchemaError
from ml_census.schema.schema import Form, Schema
from ml_census.schema.training_distribution import TrainingDistribution
from ml_census.schema.values import Value, parse_date

DTYPE = re.compile(
    r"category|bool|boolean|str|string|object|float(32|64)|Float(32|64)|[Uu]?[Ii]nt(8|16|32|64)"
    r"|datetime64\[(s|ms|us|ns)(, UTC)?\]"
)
DOCUMENT_KEYS = ("form", "columns", "classes", "outputs", "title", "description")
"""Accepted keys of schema.json. All except "form" and "columns" occur only in a saved
response of GET /schema."""
COLUMN_KEYS = ("name", "type", "categories", "nullable", "reject_unknown", "training", "dropped", "dtype")
TRAINING_KEYS = tuple(field.name for field in fields(TrainingDistribution))
RENAMED_KEYS = {"refuse_unknown": "reject_unknown", "shares": "frequencies", "bounds": "bin_edges"}
"""Keys of versions before 0.2.0 -> current keys."""


def schema_to_json(schema: Schema) -> dict[str, Any]:
    """Return the JSON object for schema.json. Options that are empty or have their default are omitted."""
    return {"form": schema.form, "columns": [_column_to_json(column) for column in schema.columns]}


def _column_to_json(column: Column) -> dict[str, Any]:
    training = asdict(column.training) if column.training else {}
    options = {
        "categories": column.json_categories,
        "nullable": column.nullable,
        "reject_unknown": column.reject_unknown,
        "dropped": column.dropped,
        "dtype": column.dtype,
        "training": {key: value for key, value in training.items() if value is not None},
    }
    return {"name": column.name, "type": column.type} | {key: value for key, value in options.items() if value}


def schema_from_json(document: Any) -> Schema:
    """Return the schema of a parsed schema.json. Raises SchemaError if a key or value is missing or invalid."""
    try:
        _check_keys("the schema", document, DOCUMENT_KEYS)
        columns = tuple(_column_from_json(entry) for entry in document["columns"])
        schema = Schema(columns, document["form"])
    except (KeyError, TypeError, AttributeError) as error:
        raise SchemaError('must hold "form" and "columns", each with "name" and "type"') from error
    if schema.form not in get_args(Form) or any(column.type not in get_args(ColumnType) for column in columns):
        raise SchemaError(f"form must be one of {get_args(Form)}, a type one of {get_args(ColumnType)}")
    if any(column.type == "category" and not column.categories and not column.nullable for column in columns):
        raise SchemaError("a column of type category needs categories")
    if not columns or len(set(schema.names)) < len(columns):
        raise SchemaError("needs at least one column, and a different name for each")
    return schema


def _check_keys(subject: str, entry: Mapping[str, Any], known_keys: Sequence[str]) -> None:
    for key in sorted(str(key) for key in entry.keys() - set(known_keys)):
        if new := RENAMED_KEYS.get(key):
            raise SchemaError(f"{subject}: unknown key {key}, which is now called {new}: publish the model again")
        raise SchemaError(f"{subject}: unknown key {key}; known are {', '.join(known_keys)}")


def _column_from_json(entry: Mapping[str, Any]) -> Column:
    _check_keys(f"column {entry['name']}", entry, COLUMN_KEYS)
    categories = entry.get("categories", []) if entry["type"] == "category" else []
    if not isinstance(categories, list) or any(isinstance(value, list | dict) for value in categories):
        raise SchemaError(f"the categories of {entry['name']} must be a list of single values")
    column = Column(
        name=entry["name"],
        type=entry["type"],
        categories=tuple(categories),
        nullable=bool(entry.get("nullable")),
        reject_unknown=bool(entry.get("reject_unknown")),
        dropped=bool(entry.get("dropped")),
        dtype=_dtype_from_json(entry),
    )
    return replace(column, training=_training_from_json(column, entry["training"])) if "training" in entry else column


def _dtype_from_json(entry: Mapping[str, Any]) -> str | None:
    dtype = entry.get("dtype")
    if dtype is None or (isinstance(dtype, str) and DTYPE.fullmatch(dtype)):
        return dtype
    raise SchemaError(f"column {entry['name']}: dtype must be the name of a pandas dtype, such as category or Int64")


def _training_from_json(column: Column, entry: Mapping[str, Any]) -> TrainingDistribution:
    """Return the training distribution. Raises SchemaError if the bins do not match the column."""
    _check_keys(f"the training of {column.name}", entry, TRAINING_KEYS)
    training = TrainingDistribution(
        tuple(entry["frequencies"]),
        tuple(entry.get("bin_edges", [])),
        entry.get("minimum"),
        entry.get("maximum"),
        _typical_from_json(column, entry.get("typical")),
    )
    if not _has_valid_numbers(column, training) or not _has_bins_of(column, training):
        raise SchemaError(
            f"the training of {column.name} needs a frequency for each of its bins, and one for all other values"
        )
    return training


def _has_valid_numbers(column: Column, training: TrainingDistribution) -> bool:
    extremes = [value for value in (training.minimum, training.maximum) if value is not None]
    is_valid = _is_date if column.type == "date" else _is_finite
    return all(map(_is_finite, training.frequencies)) and all(map(is_valid, (*training.bin_edges, *extremes)))


def _typical_from_json(column: Column, value: Any) -> Value:
    """Return the typical value, or None for None. Raises SchemaError if the column does not accept the value."""
    try:
        return None if value is None else column.validate(value)[0]
    except InvalidValueError as error:
        raise SchemaError(f"the typical value of {column.name}: expected {error}") from error


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _is_date(value: object) -> bool:
    try:
        return parse_date(value) == value
    except InvalidValueError:
        return False


def _has_bins_of(column: Column, training: TrainingDistribution) -> bool:
    edges = training.bin_edges
    bins = len(column.json_categories) if column.type == "category" else len(edges) + 1
    is_ascending = list(edges) == sorted(set(edges))
    return column.type != "any" and is_ascending and len(training.frequencies) == bins + 1
