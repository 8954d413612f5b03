"""/prediction with Parquet files and Arrow streams."""

import gzip
from typing import Any

import pyarrow as pa
import pytest

from ml_census.protocols.native import ARROW_STREAM, PARQUET
from support.api_requests import COLUMNS, PREDICTION, ROW, ROWS, VERSION, Post, error_message
from support.sample_models import NAMES
from support.tables import FORMATS, body, read

TABLE = dict(zip(NAMES, COLUMNS, strict=True))
pytestmark = pytest.mark.parametrize("content_type", FORMATS)


def test_table_is_predicted_as_json_rows(post: Post, expected: list[str], content_type: str) -> None:
    """The columns have another order, and one more."""
    reversed_ = dict(reversed(TABLE.items())) | {"customer": [1, 2]}

    response = post(PREDICTION, body(content_type, reversed_), content_type)

    assert (response.status_code, response.mimetype) == (200, content_type)
    assert read(content_type, response.data).to_pydict() == {"prediction": expected}
    assert response.headers["X-Model-Version"] == VERSION
    assert response.headers["X-Ignored-Columns"] == "1"


def test_probabilities_are_a_column(post: Post, content_type: str) -> None:
    probabilities = post(f"{PREDICTION}?proba=true", {"inputs": ROWS}).json["probabilities"]  # type: ignore[index]

    response = post(f"{PREDICTION}?proba=true", body(content_type, TABLE), content_type)

    assert read(content_type, response.data)["probabilities"].to_pylist() == probabilities


def test_invalid_value_has_row_and_column(post: Post, content_type: str) -> None:
    data = body(content_type, TABLE | {"age": ["39", "old"]})

    response = post(PREDICTION, data, content_type)

    assert response.status_code == 400
    assert response.json == {
        "error message": "1 value or row does not fit the model's columns",
        "details": [{"row": 1, "column": "age", "got": "old", "expected": "a number"}],
    }


def test_missing_column_is_named(post: Post, content_type: str) -> None:
    del (table := dict(TABLE))["age"]

    response = post(PREDICTION, body(content_type, table), content_type)

    assert response.status_code == 400
    assert "1 missing: age" in (response.json or {})["details"][0]["expected"]


def test_unknown_category_is_counted(post: Post, content_type: str) -> None:
    response = post(PREDICTION, body(content_type, TABLE | {"workclass": ["Astronaut", "Private"]}), content_type)

    assert response.headers["X-Unknown-Values"] == "1"


def test_table_of_too_many_rows_is_a_413(post: Post, content_type: str) -> None:
    """max_rows is 10."""
    table = {name: [value] * 11 for name, value in zip(NAMES, ROW, strict=True)}

    response = post(PREDICTION, body(content_type, table), content_type)

    assert response.status_code == 413
    assert error_message(response) == "11 rows exceed max_rows (10): split the request"


def test_gzip_body_is_decompressed(post: Post, expected: list[str], content_type: str) -> None:
    data = gzip.compress(body(content_type, TABLE))

    response = post(PREDICTION, data, content_type, Content_Encoding="gzip")

    assert read(content_type, response.data).to_pydict() == {"prediction": expected}


def test_large_column_is_a_413_before_it_is_read(post: Post, content_type: str) -> None:
    """max_body_bytes is 20,000. The column of 30,000 bytes compresses to some hundred."""
    more: dict[str, Any] = {"compression": "zstd"} if content_type == PARQUET else {}

    response = post(PREDICTION, body(content_type, TABLE | {"note": ["x" * 30_000] * 2}, **more), content_type)

    assert response.status_code == 413
    assert error_message(response).endswith("is larger than max_body_bytes (20000 bytes)")


def test_rows_of_nothing_are_a_413(post: Post, content_type: str) -> None:
    """A column of nulls takes no memory, whatever its length."""
    response = post(PREDICTION, body(content_type, {"age": pa.nulls(1_000_000)}), content_type)

    assert response.status_code == 413


@pytest.mark.parametrize("data", [b"", b"{}", b"PAR1PAR1"])
def test_other_data_is_a_400(post: Post, content_type: str, data: bytes) -> None:
    assert post(PREDICTION, data, content_type).status_code == 400


def test_table_without_rows_is_a_400(post: Post, content_type: str) -> None:
    response = post(PREDICTION, body(content_type, {"age": pa.array([], pa.int64())}), content_type)

    assert error_message(response) == "inputs holds no rows"


def test_warnings_need_json(post: Post, content_type: str) -> None:
    response = post(f"{PREDICTION}?warnings=true", body(content_type, TABLE), content_type)

    assert response.status_code == 400
    assert error_message(response).endswith(f"a table of {content_type} can have proba only")


def test_other_format_than_that_of_the_header_is_a_400(post: Post, content_type: str) -> None:
    other = ARROW_STREAM if content_type == PARQUET else PARQUET

    assert post(PREDICTION, body(other, TABLE), content_type).status_code == 400
