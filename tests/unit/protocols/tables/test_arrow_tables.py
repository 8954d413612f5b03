"""Tables of Arrow as bodies: rows with the values of JSON, and tables of predictions."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from ml_census.protocols.json_body import MalformedBodyError
from ml_census.protocols.native import ARROW_STREAM, PARQUET
from ml_census.protocols.tables import arrow_tables
from support.tables import FORMATS, body, read

DAY, TIME = dt.date(2026, 11, 28), dt.datetime(2026, 11, 28, 2, 30)
MAX_BYTES = 1_000_000
TABLE = pa.table({"age": [39, 25], "workclass": ["Private", None], "share": [0.5, None]})


def rows(content_type: str, data: bytes, *names: str) -> list[Any]:
    return arrow_tables.open_table(data, content_type, MAX_BYTES).read(names)


def rejected(content_type: str, data: bytes, *names: str) -> str:
    with pytest.raises(MalformedBodyError) as caught:
        rows(content_type, data, *names)
    return str(caught.value)


@pytest.mark.parametrize("content_type", FORMATS)
def test_rows_have_columns_by_name(content_type: str) -> None:
    """A column that the model does not have is there without its values."""
    data = body(content_type, TABLE)

    assert rows(content_type, data, "workclass", "age") == [
        {"age": 39, "workclass": "Private", "share": None},
        {"age": 25, "workclass": None, "share": None},
    ]


@pytest.mark.parametrize("content_type", FORMATS)
def test_columns_of_the_model_alone_are_rows_in_its_order(content_type: str) -> None:
    data = body(content_type, TABLE)

    assert rows(content_type, data, "workclass", "share", "age") == [["Private", 0.5, 39], [None, None, 25]]


@pytest.mark.parametrize("content_type", FORMATS)
def test_number_of_rows_is_known_before_the_values(content_type: str) -> None:
    assert arrow_tables.open_table(body(content_type, {"a": [1.0] * 1000}), content_type, MAX_BYTES).rows == 1000


def test_decompressed_file_has_a_maximum_size() -> None:
    data = body(PARQUET, {"a": [0.0] * 1000}, compression="zstd", use_dictionary=False)

    assert len(data) < 2000
    with pytest.raises(arrow_tables.TableTooLargeError):
        arrow_tables.open_table(data, PARQUET, 7999)


@pytest.mark.parametrize("content_type", FORMATS)
def test_number_of_values_has_a_maximum(content_type: str) -> None:
    """A column of nulls takes a few bytes for any number of rows."""
    data = body(content_type, {f"{number}": pa.nulls(1000, pa.int32()) for number in range(50)})

    assert len(arrow_tables.open_table(data, content_type, 50_000).read(["0"])) == 1000
    with pytest.raises(arrow_tables.TableTooLargeError, match="1000 rows of 50 columns: expected at most"):
        arrow_tables.open_table(data, content_type, 49_999).read(["0"])


@pytest.mark.parametrize("content_type", FORMATS)
def test_texts_of_all_rows_have_a_maximum_size(content_type: str) -> None:
    """A dictionary has a long text once. The model would read the text in each row."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), pa.array(["x" * 1000]))
    data = body(content_type, {"a": texts})

    assert len(arrow_tables.open_table(data, content_type, 100_000).read(["a"])) == 100
    with pytest.raises(arrow_tables.TableTooLargeError):
        arrow_tables.open_table(data, content_type, 99_999).read(["a"])


@pytest.mark.parametrize("content_type", FORMATS)
@pytest.mark.parametrize(
    ("column", "value"),
    [
        (pa.array([True]), True),
        (pa.array([7], pa.uint8()), 7),
        (pa.array([0.5], pa.float32()), 0.5),
        (pa.array([float("nan")]), None),
        (pa.array([float("inf")]), float("inf")),
        (pa.array([Decimal("1.25")]), 1.25),
        (pa.array(["a"], pa.large_string()), "a"),
        (pa.array(["a"]).dictionary_encode(), "a"),
        (pa.array([DAY]), "2026-11-28"),
        (pa.array([TIME], pa.timestamp("ns")), "2026-11-28T02:30:00"),
        (pa.array([TIME], pa.timestamp("us", "UTC")), "2026-11-28T02:30:00"),
        (pa.nulls(1), None),
    ],
    ids=lambda each: str(each.type) if isinstance(each, pa.Array) else "",
)
def test_value_is_that_of_json(content_type: str, column: pa.Array, value: object) -> None:
    assert rows(content_type, body(content_type, {"a": column}), "a") == [[value]]


@pytest.mark.parametrize("content_type", FORMATS)
def test_single_column_is_read_by_any_name(content_type: str) -> None:
    """The model of texts has no name for its column."""
    assert rows(content_type, body(content_type, {"review": ["good"]}), "0") == [{"review": "good"}]


@pytest.mark.parametrize("content_type", FORMATS)
def test_several_batches_are_one_table(content_type: str) -> None:
    parts = [pa.table({"a": pa.array(texts).dictionary_encode()}) for texts in (["x", "y"], ["z", None])]

    data = body(content_type, pa.concat_tables(parts))

    assert rows(content_type, data, "a") == [["x"], ["y"], ["z"], [None]]


@pytest.mark.parametrize("content_type", FORMATS)
@pytest.mark.parametrize("column", [pa.array([b"x"]), pa.array([dt.time(1)])], ids=["binary", "time"])
def test_column_of_the_model_needs_a_type_of_values(content_type: str, column: pa.Array) -> None:
    data = body(content_type, {"age": column, "b": [1]})

    assert rejected(content_type, data, "age").startswith('column "age" has the type')
    assert rows(content_type, data, "b") == [{"age": None, "b": 1}]


def test_lists_are_rejected_in_a_stream() -> None:
    assert "has the type list" in rejected(ARROW_STREAM, body(ARROW_STREAM, {"age": [[1]]}), "age")


@pytest.mark.parametrize("content_type", FORMATS)
def test_repeated_name_is_rejected(content_type: str) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])

    assert rejected(content_type, body(content_type, table), "a") == "the table has two columns with the same name"


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_stream_is_rejected(compression: str) -> None:
    data = body(ARROW_STREAM, {"a": [0] * 10_000}, compression=compression)

    assert "with Content-Encoding gzip" in rejected(ARROW_STREAM, data)


def test_stream_that_extends_a_dictionary_is_rejected() -> None:
    """Each batch keeps a copy of the dictionary: 400 batches in 0.7 MB needed 200 MB."""
    tables = [pa.table({"a": pa.array(texts).dictionary_encode()}) for texts in (["x"], ["x", "y"])]
    data = body(ARROW_STREAM, pa.concat_tables(tables), emit_dictionary_deltas=True)

    assert rejected(ARROW_STREAM, data) == arrow_tables.EXTENDED


@pytest.mark.parametrize("content_type", FORMATS)
def test_damaged_table_is_rejected_in_one_line(content_type: str) -> None:
    """Flip bytes and truncate. tests/fuzz/test_tables.py does the same with a server."""
    draw, data = random.Random(1), body(content_type, TABLE)
    messages = set()
    for _ in range(500):
        damaged = bytearray(data)
        damaged[draw.randrange(len(data))] = draw.randrange(256)
        try:
            rows(content_type, bytes(damaged[: draw.randint(len(data) // 2, 2 * len(data))]), *TABLE.column_names)
        except MalformedBodyError as error:
            messages.add(str(error))

    assert any(message.endswith("or is damaged") for message in messages)


@pytest.mark.parametrize("content_type", FORMATS)
def test_predictions_are_columns_of_a_table(content_type: str) -> None:
    table = read(content_type, arrow_tables.render(content_type, ["a", "b"], [[0.25, 0.75], [1, 0]]))

    assert table.to_pydict() == {"prediction": ["a", "b"], "probabilities": [[0.25, 0.75], [1, 0]]}


@pytest.mark.parametrize(
    ("predictions", "column"),
    [
        ([1, 2], [1, 2]),
        ([1.5, None], [1.5, None]),
        ([[1, 2.5]], [[1, 2.5]]),
        ([1, "a"], ["1", "a"]),
        ([2**70], ["1180591620717411303424"]),
    ],
)
def test_predictions_have_one_type(predictions: list[Any], column: list[Any]) -> None:
    """Mixed types become text, as in an array of NumPy."""
    table = read(PARQUET, arrow_tables.render(PARQUET, predictions))

    assert table.to_pydict() == {"prediction": column}
