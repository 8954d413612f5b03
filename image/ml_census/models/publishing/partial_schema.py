"""Parse the file of `ml-census publish --schema`: a whole schema, or changes of some columns."""

from typing import Any

from ml_census.models.pickles.predictor_factory import add_dtypes, learn_schema
from ml_census.schema import Schema, SchemaError, schema_from_json, schema_to_json
from ml_census.storage import json_file

MAX_NAMES = 20
"""Maximum number of columns that an error message lists (20)."""


def parse_schema(model: Any, data: bytes) -> Schema:
    """Return the schema for a fitted model from a --schema file. `data` is the content of the file.

    A file with the key "form" is a whole schema. A file without "form" has "columns", a
    list of objects with "name" and the keys to change. Others are inferred. Raises
    SchemaError for an invalid file or an unknown column, or if the inference fails.
    """
    document = _parse(data)
    if not isinstance(document, dict) or "form" in document or not isinstance(document.get("columns"), list):
        return add_dtypes(model, schema_from_json(document))
    learned = schema_to_json(learn_schema(model))
    columns = {str(column["name"]): column for column in learned["columns"]}
    for changes in document["columns"]:
        _change_column(columns, changes)
    return schema_from_json({**document, **learned})


def _parse(data: bytes) -> Any:
    try:
        return json_file.parse(data)
    except json_file.JsonError as error:
        raise SchemaError(str(error)) from error


def _change_column(columns: dict[str, dict[str, Any]], changes: Any) -> None:
    """Apply `changes` to the column with the name changes["name"]. Raises SchemaError if no column has this name."""
    if not isinstance(changes, dict) or "name" not in changes:
        raise SchemaError('each of "columns" must be an object with "name"')
    if (column := columns.get(str(changes["name"]))) is None:
        names = ", ".join([*columns][:MAX_NAMES]) + (", …" if len(columns) > MAX_NAMES else "")
        raise SchemaError(f"the model has no column {changes['name']}; known are {names}")
    if changes.get("type", column["type"]) != column["type"]:
        for key in ("categories", "dtype"):  # the values of these keys fit only the inferred type
            column.pop(key, None)
    column.update(changes, name=column["name"])
