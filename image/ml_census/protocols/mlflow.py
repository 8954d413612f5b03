"""MLflow's scoring protocol, /invocations, which SageMaker's containers share.

One of four JSON forms, or CSV: with a header as MLflow sends it, or without one as SageMaker does.
https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#json-input
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ml_census.protocols import csv_text, native
from ml_census.protocols.json_body import MalformedBodyError, read

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
CHARSETS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii"), "utf-8-sig"),
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "windows-1252"), "windows-1252"),
    **{name: name for name in ("utf-16", "utf-16le", "utf-16be")},
}
"""Codec of each charset that a client may name for CSV. Browsers, too, read Latin-1 as Windows-1252."""
FEWEST_NUMBERS = 3
"""A header of 1 or 2 numbers, for a model without column names, may as well be a row: SageMaker sends no header."""
EXPECTED = f"the body must be a JSON object with one of {', '.join(FORMS)}"


def parse(body: bytes) -> Any:
    """The rows of a JSON body. Raises MalformedBodyError."""
    document = read(body, EXPECTED, _missing)
    forms = [form for form in FORMS if form in document]
    if len(forms) != 1 or document.keys() - {*forms, "params"}:
        raise MalformedBodyError(EXPECTED)
    if document.get("params"):
        raise MalformedBodyError('"params" must be empty: the model takes none')
    (form,) = forms
    given = document[form]
    if form == "dataframe_split":
        return _split(given)
    if isinstance(given, dict) and form in ("instances", "inputs"):
        return _columns(form, given)
    if not isinstance(given, list):
        raise MalformedBodyError(f'"{form}" must be a list of rows')
    return given


def _missing(constant: str) -> float | None:
    """MLflow's client writes a DataFrame's missing values as NaN."""
    return None if constant == "NaN" else float(constant)


def _split(given: object) -> list[Any]:
    if not isinstance(given, dict) or not isinstance(rows := given.get("data"), list):
        raise MalformedBodyError('"dataframe_split" must be a JSON object with "columns" and "data"')
    names = given.get("columns")
    if names is None:
        return rows
    if not isinstance(names, list) or not all(type(name) in (str, int) for name in names):
        raise MalformedBodyError('"columns" must be a list of names')
    names = [str(name) for name in names]
    if any(isinstance(row, list) and len(row) != len(names) for row in rows):
        raise MalformedBodyError(f'each row of "data" must have {len(names)} values, as "columns" has')
    if len(set(names)) < len(names):
        raise MalformedBodyError('"columns" has a name twice')
    return [dict(zip(names, row, strict=True)) if isinstance(row, list) else row for row in rows]


def _columns(form: str, given: dict[str, Any]) -> list[Any]:
    """A list for each column, by name."""
    columns = given.values()
    if not all(isinstance(values, list) for values in columns) or len({len(values) for values in columns}) > 1:
        raise MalformedBodyError(f'"{form}" by column name must hold lists of one length')
    return [dict(zip(given, row, strict=True)) for row in zip(*columns, strict=True)]


def parse_csv(
    body: bytes, names: Sequence[str], charset: str = "utf-8", required: Sequence[str] | None = None
) -> list[Any]:
    """Return the rows of CSV, with a header as MLflow sends it, or without one as SageMaker does.

    An empty cell is null. A header names the `required` columns: all, unless given. Raises MalformedBodyError.
    """
    try:
        text = body.decode(CHARSETS[charset.lower()])
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"the body is not {charset.upper()} text") from error
    delimiter = csv_text.delimiter_of(text, names)
    try:
        read = csv_text.records(io.StringIO(text, newline=""), delimiter)
        rows = [[cell or None for cell in record.cells] for record in read if record.cells]
        needed = names if required is None else required
        if not rows or csv_text.places([cell or "" for cell in rows[0]], names, needed, FEWEST_NUMBERS) is None:
            return rows
    except csv_text.CsvError as error:
        raise MalformedBodyError(f"the body is not CSV of the model's columns: {error}") from error
    header = [(cell or "").strip() for cell in rows[0]]
    if any(len(row) != len(header) for row in rows):
        raise MalformedBodyError(f"each line must have {len(header)} values, as the header has")
    return [dict(zip(header, row, strict=True)) for row in rows[1:]]


def answer(predictions: list[Any], extras: Mapping[str, Any]) -> dict[str, Any]:
    """Return one prediction a row, as /prediction does."""
    return native.answer(predictions, extras)


def error(status: int, message: str) -> dict[str, Any]:
    """What went wrong, in MLflow's words for it."""
    codes = {401: "UNAUTHENTICATED", 404: "RESOURCE_DOES_NOT_EXIST", 503: "TEMPORARILY_UNAVAILABLE"}
    return {"error_code": codes.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST"), "message": message}
