"""MLflow's scoring protocol at the path /invocations, which SageMaker uses, too.

A request body is JSON in one of four forms, or CSV. MLflow sends CSV with a header,
SageMaker without a header.
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
"""Charset in the Content-Type of CSV -> Python codec. As in browsers, Latin-1 is
decoded as Windows-1252."""
MIN_NUMBERED_HEADER = 3
"""Minimum number of cells in a header "0,1,2" for a model without column names.

A first line "0" or "0,1" is a row of values, because SageMaker sends CSV without a
header.
"""
EXPECTED = f"the body must be a JSON object with one of {', '.join(FORMS)}"
ERROR_CODES = {401: "UNAUTHENTICATED", 404: "RESOURCE_DOES_NOT_EXIST", 503: "TEMPORARILY_UNAVAILABLE"}

render = native.render
"""Function that returns the JSON object of the response, in the format of
/prediction."""


def parse(body: bytes) -> Any:
    """Return the rows of a JSON body, not yet validated: lists of values, or dicts by column name.

    Raises MalformedBodyError unless the body is a JSON object with one of the FORMS.
    """
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
    """Return the only key of a body except "params": one of FORMS. Raises MalformedBodyError for any other body."""
    forms = [form for form in FORMS if form in document]
    if len(forms) != 1 or document.keys() - {*forms, "params"}:
        raise MalformedBodyError(EXPECTED)
    if document.get("params"):
        raise MalformedBodyError('"params" must be empty: the model has no parameters')
    return forms[0]


def _nan_as_null(constant: str) -> float | None:
    """Return None for NaN, because MLflow's client writes NaN for a missing value of a DataFrame."""
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
    """Return the rows of a CSV body, not yet validated: dicts by column name if there is a header, else lists.

    `names` are the model's columns. The first record may be a header with at least the
    `required` columns (default: all). An empty cell becomes None. `charset` is a key of
    CHARSETS. Raises MalformedBodyError if the body is not text in `charset`, or not CSV
    with the model's columns.
    """
    text = _decode(body, charset)
    rows, has_header = _csv_rows(text, names, names if required is None else required)
    values = [[cell or None for cell in row] for row in rows]
    return _named([cell.strip() for cell in rows[0]], values[1:]) if has_header else values


def _csv_rows(text: str, names: Sequence[str], required: Sequence[str]) -> tuple[list[list[str]], bool]:
    """Return the cells of all records that are not blank, and whether the first is a header."""
    try:
        records = csv_text.records(io.StringIO(text, newline=""), csv_text.detect_delimiter(text, names))
        rows = [record.cells for record in records if record.cells]
        indexes = csv_text.column_indexes(rows[0], names, required, MIN_NUMBERED_HEADER) if rows else None
    except csv_text.CsvError as error:
        raise MalformedBodyError(f"the body is not CSV of the model's columns: {error}") from error
    return rows, indexes is not None


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
    """Return the JSON object of an error response: MLflow's code for `status`, and message with the first detail."""
    code = ERROR_CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST")
    return {"error_code": code, "message": with_first_detail(message, details)}
