"""MLflow's JSON forms and CSV."""

import json
import math
from typing import Any

import pytest

from ml_census.protocols import mlflow


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        ({"dataframe_split": {"columns": ["age"], "data": [[math.nan]]}}, [{"age": None}]),
        ({"dataframe_records": [{"age": math.nan}]}, [{"age": None}]),
        ({"inputs": [[math.inf]]}, [[math.inf]]),
    ],
)
def test_nan_is_a_missing_value(document: dict[str, Any], rows: list[Any]) -> None:
    """MLflow's client writes the missing values of a DataFrame so. The schema rejects infinities."""
    assert mlflow.parse(json.dumps(document).encode()) == rows


@pytest.mark.parametrize(
    ("names", "first", "is_header"),
    [
        (["0", "1", "2"], "0,1,2", True),
        (["0", "1", "2"], "0,2,1", False),
        (["0", "1"], "0,1", False),
        (["age", "sex"], "38,x", False),
        (["age"], "age", True),
    ],
)
def test_first_line_of_values_is_a_row(names: list[str], first: str, is_header: bool) -> None:
    """A model without column names has numbers as names, which may also be values."""
    assert len(mlflow.parse_csv(f"{first}\n{first}".encode(), names)) == 2 - is_header


@pytest.mark.parametrize("charset", ["ISO-8859-1", "windows-1252", "utf-16", "utf-8"])
def test_csv_is_decoded_with_the_named_charset(charset: str) -> None:
    assert mlflow.parse_csv("text\nMüller".encode(charset), ["text"], charset) == [{"text": "Müller"}]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BAD_REQUEST"),
        (401, "UNAUTHENTICATED"),
        (404, "RESOURCE_DOES_NOT_EXIST"),
        (413, "BAD_REQUEST"),
        (500, "INTERNAL_ERROR"),
        (503, "TEMPORARILY_UNAVAILABLE"),
    ],
)
def test_error_has_the_code_of_its_status(status: int, code: str) -> None:
    assert mlflow.render_error(status, "why") == {"error_code": code, "message": "why"}
