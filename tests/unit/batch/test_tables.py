"""Tables are read in batches; a damaged file or a changed one is named in one line."""

import errno
import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from ml_census import storage
from ml_census.batch import tables
from ml_census.batch.errors import BatchError
from ml_census.batch.tables import Batch, open_table
from ml_census.schema import Column, Schema

SCHEMA = Schema((Column("n", "number"), Column("c", "category", ("a", "b"))), "frame")
TABLE = pa.table({"c": ["a", "b, c", None] * 40, "x": range(120), "n": range(120)})
CSV = 'n,c\n1,a\n2,"b\nc"\n3,\n'


def read(path: Path, first: int = 0, stop: int = 1, keep: tuple[str, ...] | None = ()) -> list[Batch]:
    (file,) = storage.find(str(path))
    with open_table(file, SCHEMA, keep) as table:
        return list(table.batches(first, stop))


def values(batches: list[Batch]) -> dict[str, list[object]]:
    return pa.Table.from_batches([batch.rows for batch in batches]).to_pydict()


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    pq.write_table(TABLE, tmp_path / "t.parquet", row_group_size=50)
    return tmp_path / "t.parquet"


def test_row_groups_are_read_with_their_position(parquet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BATCH_ROWS", 30)

    batches = read(parquet, 1, 3)

    starts = [50 + sum(len(batch.rows) for batch in batches[:number]) for number in range(len(batches))]
    assert [batch.row for batch in batches] == starts
    assert max(len(batch.rows) for batch in batches) <= 30
    assert values(batches) == TABLE.slice(50).select(["n", "c"]).to_pydict()


@pytest.mark.parametrize(("keep", "names"), [((), ["n", "c"]), (("x",), ["n", "c", "x"]), (None, ["n", "c", "x"])])
def test_only_the_needed_columns_are_read(parquet: Path, keep: tuple[str, ...] | None, names: list[str]) -> None:
    assert sorted(values(read(parquet, keep=keep))) == sorted(names)


def test_row_groups_of_a_footer_are_listed(parquet: Path) -> None:
    (file,) = storage.find(str(parquet))
    with open_table(file, SCHEMA, ()) as table:
        assert table.groups == [50, 50, 20]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_csv_is_read_as_text(tmp_path: Path, delimiter: str, name: str) -> None:
    text = "\ufeff" + CSV.replace(",", delimiter)
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())

    assert values(read(tmp_path / name)) == {"n": ["1", "2", "3"], "c": ["a", "b\nc", ""]}


def test_csv_without_rows_has_an_empty_batch(tmp_path: Path) -> None:
    """The part of the file needs its columns: without a batch, its Parquet file had 0 bytes."""
    (tmp_path / "t.csv").write_text("n,c\n")

    assert values(read(tmp_path / "t.csv")) == {"n": [], "c": []}


def test_long_csv_is_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BATCH_ROWS", 30_000)
    (tmp_path / "t.csv").write_text("n,c\n" + "".join(f"{number},a\n" for number in range(100_000)))

    batches = read(tmp_path / "t.csv")

    assert [batch.row for batch in batches][:3] == [0, 30_000, 60_000]
    assert values(batches)["n"] == [str(number) for number in range(100_000)]


def cut(data: bytes) -> bytes:
    return data[:-5]


def without_middle(data: bytes) -> bytes:
    return data[:100] + data[300:]


def with_other_bytes(data: bytes) -> bytes:
    return data[:4] + b"\xff" * 300 + data[304:]


@pytest.mark.parametrize("damage", [cut, without_middle, with_other_bytes, lambda _: b"", lambda _: b"PAR1"])
def test_damaged_parquet_is_named(parquet: Path, damage: Callable[[bytes], bytes]) -> None:
    parquet.write_bytes(damage(parquet.read_bytes()))

    with pytest.raises(BatchError, match=r"t.parquet: cannot be read as Parquet: .+") as raised:
        read(parquet, 0, 3)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("t.csv", b"n,c\n1,a\n2\n", "CSV parse error: Row #3: Expected 2 columns, got 1$"),
        ("t.csv", b"n,c\n1,\xff\n", "invalid UTF8 data"),
        ("t.csv", b'n,c\n1, "a"\n', "record 2: a cell has blanks before its quotes: remove the blanks$"),
        ("t.csv", b"", "has no column n, and lacks 1 more"),
        ("t.csv", b"n\n1\n", "has no column c"),
        ("t.csv.gz", b"n,c\n1,a\n", "cannot be read as CSV: "),
        ("t.csv.gz", gzip.compress(CSV.encode() * 1000)[:-20], "cannot be read as CSV: "),
    ],
)
def test_damaged_csv_is_named_without_its_values(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)

    with pytest.raises(BatchError, match=f"{name}: .*{reason}"):
        read(tmp_path / name)


def test_file_changed_since_the_listing_is_named(parquet: Path) -> None:
    (file,) = storage.find(str(parquet))
    pq.write_table(TABLE, parquet)

    with pytest.raises(BatchError, match="t.parquet: has changed since"), open_table(file, SCHEMA, ()):
        pass


def test_file_changed_while_it_is_read_is_named(parquet: Path) -> None:
    (file,) = storage.find(str(parquet))

    with pytest.raises(BatchError, match="t.parquet: has changed since"), open_table(file, SCHEMA, ()):
        pq.write_table(TABLE.slice(1), parquet)


def test_error_of_the_disk_can_be_retried(parquet: Path) -> None:
    """Any error with a number is of the operating system, and not of the content."""
    (file,) = storage.find(str(parquet))

    with pytest.raises(storage.StorageError, match="t.parquet: Input/output error$"), open_table(file, SCHEMA, ()):
        raise OSError(errno.EIO, "Input/output error")


def test_removed_file_is_named(parquet: Path) -> None:
    (file,) = storage.find(str(parquet))
    parquet.unlink()

    with pytest.raises(BatchError, match="t.parquet: was removed since"), open_table(file, SCHEMA, ()):
        pass
