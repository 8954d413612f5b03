"""Columns are found by name; a missing column or a wrong type is named with the file."""

import pyarrow as pa
import pytest

from ml_census.batch.errors import BatchError
from ml_census.batch.table_columns import find_columns
from ml_census.schema import Column, Schema

SCHEMA = Schema((Column("n", "number"), Column("c", "category", ("a",)), Column("d", "date", dropped=True)), "frame")
TYPES = pa.schema([("x", pa.list_(pa.int8())), ("c", pa.string()), ("n", pa.int64())])


@pytest.mark.parametrize(("keep", "names"), [((), ["n", "c"]), (("x",), ["n", "c", "x"]), (None, ["n", "c", "x"])])
def test_columns_of_the_model_come_first(keep: tuple[str, ...] | None, names: list[str]) -> None:
    """The column d, which the model ignores, may be missing."""
    assert find_columns("file", TYPES, SCHEMA, keep) == names


@pytest.mark.parametrize(
    ("names", "keep", "reason"),
    [
        (["c"], (), "has no column n"),
        ([], (), "has no column n, and lacks 1 more of the columns that the run needs"),
        (["n", "c"], ("y",), "has no column y"),
        (["n", "c", "c"], (), "has several columns c"),
    ],
)
def test_missing_or_ambiguous_column_is_named(names: list[str], keep: tuple[str, ...], reason: str) -> None:
    with pytest.raises(BatchError, match=f"^file: {reason}$"):
        find_columns("file", pa.schema([(name, pa.string()) for name in names]), SCHEMA, keep)


TEXT, NUMBERS = (
    [pa.string(), pa.large_string(), pa.string_view()],
    [pa.int8(), pa.uint64(), pa.float32(), pa.decimal128(9, 2), pa.bool_()],
)
DATES = [pa.date32(), pa.timestamp("ns", "UTC")]
WRONG = [pa.binary(), pa.list_(pa.int8()), pa.struct([]), pa.time32("s")]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("number", NUMBERS + TEXT, DATES + WRONG),
        ("category", NUMBERS + TEXT + DATES, WRONG),
        ("any", NUMBERS + TEXT + DATES, WRONG),
        ("text", TEXT, NUMBERS + DATES + WRONG),
        ("date", DATES + TEXT, NUMBERS + WRONG),
    ],
)
def test_type_of_a_column_is_checked(kind: str, right: list[pa.DataType], wrong: list[pa.DataType]) -> None:
    schema = Schema((Column("n", kind, ("a",)),), "frame")  # type: ignore[arg-type]

    for given in [*right, pa.null(), pa.dictionary(pa.int32(), pa.string())][: None if kind != "date" else -1]:
        assert find_columns("file", pa.schema([("n", given)]), schema, ()) == ["n"]
    for given in wrong:
        with pytest.raises(BatchError, match=f"^file: column n has the type .*, which is no type of a {kind} column$"):
            find_columns("file", pa.schema([("n", given)]), schema, ())
