"""The size of a Parquet file before it is read."""

from typing import Any

import pyarrow as pa
import pytest

from ml_census.protocols.json_body import MalformedBodyError
from ml_census.protocols.native import PARQUET
from ml_census.protocols.tables import parquet_size
from ml_census.protocols.tables.parquet_size import DAMAGED, DELTA, MANY_PAGES, NESTED, measure
from support.tables import body

ROWS = 3000
TABLE = {"number": list(range(ROWS)), "text": [f"c{index % 7}" for index in range(ROWS)]}


def rejected(data: bytes) -> str:
    with pytest.raises(MalformedBodyError) as caught:
        measure(data)
    return str(caught.value)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "brotli", "lz4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_size_is_that_of_the_decompressed_pages(compression: str, version: str) -> None:
    """Three row groups, each with a dictionary and data pages. An uncompressed file has only headers besides pages."""
    options: dict[str, Any] = {"data_page_version": version, "row_group_size": 1000}
    plain = len(body(PARQUET, TABLE, compression="none", **options))

    measured = measure(body(PARQUET, TABLE, compression=compression, **options))

    assert measured.rows == ROWS
    assert 0.8 * plain < measured.size < plain
    assert measured.texts == ["text"]


def test_compressed_zeros_have_their_full_size() -> None:
    data = body(PARQUET, {"a": [0.0] * 1_000_000}, compression="zstd", use_dictionary=False)

    assert len(data) < 20_000
    assert measure(data).size >= 8_000_000


def test_file_without_rows_is_measured() -> None:
    assert measure(body(PARQUET, {"a": pa.array([], pa.int64())})).rows == 0


@pytest.mark.parametrize(
    "column",
    [[[1]], [{"a": 1}], pa.array([b"x" * 33], pa.binary(33))],
    ids=["list", "object", "long binary"],
)
def test_column_of_other_values_is_rejected(column: Any) -> None:
    assert rejected(body(PARQUET, {"a": column})) == NESTED


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_delta_encoding_of_text_is_rejected(encoding: str) -> None:
    """With the first, 10,000 rows of 1 MB fit into 1 MB."""
    texts = ["x" * 1000] * 100
    data = body(PARQUET, {"a": texts}, use_dictionary=False, column_encoding={"a": encoding})

    assert rejected(data) == DELTA


def test_many_pages_are_rejected() -> None:
    table = {"a": list(range(parquet_size.MAX_PAGES + 1))}

    assert rejected(body(PARQUET, table, row_group_size=1, use_dictionary=False)) == MANY_PAGES


@pytest.mark.parametrize("end", [0, 7, -9, -4, -1])
def test_truncated_file_is_damaged(end: int) -> None:
    assert rejected(body(PARQUET, TABLE)[:end]) == DAMAGED


def test_other_data_is_damaged() -> None:
    assert rejected(b'{"inputs": [[1, 2]]}') == DAMAGED


def test_wrong_number_of_rows_in_the_footer_is_damaged() -> None:
    """The number is 4,321,987 in the file, its row group and its chunk. The first place is changed."""
    rows = 200_000
    data = body(PARQUET, {"a": [0] * rows})
    number = b"\x80\xb5\x18"  # 2 * rows as a varint
    at = data.rindex(b"PAR1") - int.from_bytes(data[-8:-4], "little") - 8

    damaged = bytearray(data)
    place = damaged.index(number, at)
    damaged[place : place + 3] = b"\x82\xb5\x18"

    assert rejected(bytes(damaged)) == DAMAGED
