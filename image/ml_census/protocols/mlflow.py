"""MLflow's scoring protocol, /invocations, which SageMaker's containers share.

A body is one of four JSON forms, or CSV: with a header as MLflow sends it, or without one as SageMaker does.
https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#json-input
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ml_census.protocols import csv_text, native
from ml_census.protocols.error_details import Details, with_first_detail
from ml_census.protocols.json_body import MalformedBodyError, parse_object

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
CHARSETS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii"), "utf-8-sig"),
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "windows-1252"), "windows-1252"),
    **{name: name for name in ("utf-16", "utf-16le", "utf-16be")},
}
"""Codec of each charset that a client may name for CSV. Latin-1 is read as Windows-1252, as browsers do."""
MIN_NUMBERED_HEADER = 3
"""Minimum cells of a header of numbers, for a model without column names; fewer numbers are a row (SageMaker's CSV)."""
EXPECTED = f"the body must be a JSON object with one of {', '.join(FORMS)}"
ERROR_CODES = {401: "UNAUTHENTICATED", 404: "RESOURCE_DOES_NOT_EXIST", 503: "TEMPORARILY_UNAVAILABLE"}

render = native.render
"""The response document is the one of /prediction."""


def parse(body: bytes) -> Any:
    """Return the rows of a JSON body. Raises MalformedBodyError."""
    document = parse_object(body, EXPECTED, _nan_as_null)
    form = _form(document)
    value = document[form]
    if form == "dataframe_split":
        return _rows_of_split(value)
    if isinstance(value, dict) and form in ("instances", "inputs"):
        return _rows_of_columns(form, value)
    if not isinstance(value, list):
        raise MalformedBodyError(f'"{form}" must be a list of rows')
    return value


def _form(document: Mapping[str, Any]) -> str:
    """Return the form of a body, its only key beside "params". Raises MalformedBodyError."""
    forms = [form for form in FORMS if form in document]
    if len(forms) != 1 or document.keys() - {*forms, "params"}:
        raise MalformedBodyError(EXPECTED)
    if document.get("params"):
        raise MalformedBodyError('"params" must be empty: the model has no parameters')
    return forms[0]


def _nan_as_null(constant: str) -> float | None:
    """Return null for NaN, which MLflow's client writes for the missing values of a DataFrame."""
    return None if constant == "NaN" else float(constant)


def _rows_of_split(value: object) -> list[Any]:
    if not isinstance(value, dict) or not isinstance(rows := value.get("data"), list):
        raise MalformedBodyError('"dataframe_split" must be a JSON object with "columns" and "data"')
    names = value.get("columns")
    if names is None:
        return rows
    if not isinstance(names, list) or not all(type(name) in (str, int) for name in names):
        raise MalformedBodyError('"columns" must be a list of names')
    names = [str(name) for name in names]
    if any(isinstance(row, list) and len(row) != len(names) for row in rows):
        raise MalformedBodyError(f'each row of "data" must have {len(names)} values, one per name in "columns"')
    if len(set(names)) < len(names):
        raise MalformedBodyError('"columns" has a duplicate name')
    return [dict(zip(names, row, strict=True)) if isinstance(row, list) else row for row in rows]


def _rows_of_columns(form: str, columns: dict[str, Any]) -> list[Any]:
    """Return the rows of an object with one list of values per column."""
    lists = columns.values()
    if not all(isinstance(values, list) for values in lists) or len({len(values) for values in lists}) > 1:
        raise MalformedBodyError(f'"{form}" by column name must have lists of equal length')
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def parse_csv(
    body: bytes, names: Sequence[str], charset: str = "utf-8", required: Sequence[str] | None = None
) -> list[Any]:
    """Return the rows of a CSV body for a model with these columns; an empty cell is null.

    The first record may be a header, which then must name the `required` columns (default: all).
    Raises MalformedBodyError.
    """
    text = _decode(body, charset)
    required = names if required is None else required
    try:
        records = csv_text.records(io.StringIO(text, newline=""), csv_text.detect_delimiter(text, names))
        rows = [record.cells for record in records if record.cells]
        has_header = rows and csv_text.column_indexes(rows[0], names, required, MIN_NUMBERED_HEADER) is not None
    except csv_text.CsvError as error:
        raise MalformedBodyError(f"the body is not CSV of the model's columns: {error}") from error
    values = [[cell or None for cell in row] for row in rows]
    return _named([cell.strip() for cell in rows[0]], values[1:]) if has_header else values


def _decode(body: bytes, charset: str) -> str:
    try:
        return body.decode(CHARSETS[charset.lower()])
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"the body is not {charset.upper()} text") from error


def _named(header: list[str], rows: list[list[str | None]]) -> list[Any]:
    if any(len(row) != len(header) for row in rows):
        raise MalformedBodyError(f"each line must have {len(header)} values, as the header has")
    return [dict(zip(header, row, strict=True)) for row in rows]


def render_error(status: int, message: str, details: Details = ()) -> dict[str, Any]:
    """Return the error document, with MLflow's code for the status."""
    code = ERROR_CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST")
    return {"error_code": code, "message": with_first_detail(message, details)}
