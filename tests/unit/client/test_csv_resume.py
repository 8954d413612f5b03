"""Resume of an interrupted run: completed rows of the same input, model and columns are kept."""

import csv
import gzip
import logging
from pathlib import Path

import pytest

from ml_census.client import csv_input, csv_resume
from ml_census.client.csv_input import CsvInput
from ml_census.client.csv_output import OnError, Output
from ml_census.client.csv_resume import PartFile
from support.csv_tables import open_table
from support.log_messages import messages_of

WITH_HEADER = "a,b\n1,2\n3,4\n"
WITH_BAD_ROW = "a,b\n1,2\n9,9,9\n3,4\n5,6\n"


def kept(
    folder: Path, source: str, columns: list[str], part: bytes, version: str = "a1", on_error: OnError = "stop"
) -> int:
    """Interrupt a run of model a1 after `part`, and return the number of rows that a run of `version` keeps."""
    output = Output(open_table(folder, source, columns), on_error)
    file = PartFile(folder / "out.csv")
    file.resume(output, "a1")
    file.path.write_bytes(part)
    return file.resume(output, version)


@pytest.mark.parametrize(
    ("part", "rows"),
    [
        (b"a,b,prediction\n1,2,x\n", 1),
        (b"a,b,prediction\n1,2,x\n3,4,y\n", 2),
        (b"a,b,prediction\n1,2,x\n3,4,y", 1),
        (b'a,b,prediction\n1,2,"x\n', 0),
        (b"a,b,prediction\n1,2,x\n3,4,\xc3", 1),
        (b"a,b,prediction\n1,9,x\n3,4,y\n", 0),
        (b"b,a,prediction\n1,2,x\n3,4,y\n", 0),
        (b"1,2,x\n3,4,y\n", 0),
        (b"", 0),
    ],
)
def test_whole_rows_of_the_same_table_are_kept(tmp_path: Path, part: bytes, rows: int) -> None:
    assert kept(tmp_path, WITH_HEADER, ["a", "b"], part) == rows
    whole = ["a,b,prediction", "1,2,x", "3,4,y"]
    assert (tmp_path / "out.csv.part").read_text().splitlines() == whole[: rows + 1]


def test_rows_without_a_header_are_kept(tmp_path: Path) -> None:
    assert kept(tmp_path, "1,2\n3,4\n", ["0", "1"], b"1,2,x\n3,4") == 1


@pytest.mark.parametrize(
    "cell", ["two\rlines", "two\nlines", "two\r\nlines", "\r", "\u2028\x85\x0b", 'a "quote", and', ""]
)
def test_kept_cell_is_unchanged(tmp_path: Path, cell: str) -> None:
    """Include line ends: a record whose line end lost its quotes would become two records."""
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["a", "b"], ["1", cell], ["2", cell]])
    output = Output(csv_input.open_input(tmp_path / "rows.csv", ["a"]), "stop")
    part = PartFile(tmp_path / "out.csv")
    part.resume(output, "a1")
    with part.path.open("a", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["1", cell, "x"], ["2", cell, "y"]])

    assert part.resume(output, "a1") == 2
    with part.path.open(newline="") as file:
        assert list(csv.reader(file)) == [["a", "b", "prediction"], ["1", cell, "x"], ["2", cell, "y"]]


@pytest.mark.parametrize(
    ("part", "done"),
    [
        (b"a,b,prediction\n1,2,x\n", 1),
        (b"a,b,prediction\n3,4,x\n", 3),
        (b"a,b,prediction\n1,2,x\n3,4,x\n", 3),
        (b"a,b,prediction\n7,8,x\n", 0),
    ],
)
def test_run_that_skips_rows_resumes_after_the_last_row(tmp_path: Path, part: bytes, done: int) -> None:
    assert kept(tmp_path, WITH_BAD_ROW, ["a", "b"], part, on_error="skip") == done


def test_marked_rows_are_kept(tmp_path: Path) -> None:
    part = b"a,b,prediction,error\n1,2,x,\n9,9,,too many\n3,4,y,\n"

    assert kept(tmp_path, WITH_BAD_ROW, ["a", "b"], part, on_error="mark") == 3


def test_rows_of_another_model_are_dropped_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert kept(tmp_path, WITH_HEADER, ["a", "b"], b"a,b,prediction\n1,2,x\n", "b2") == 0

    earlier, this = (f"model {version}, added columns prediction, bad rows: stop" for version in ("a1", "b2"))
    assert messages_of(caplog, csv_resume.log) == [
        f"starts from the first row: the earlier run was of {earlier}; this one is of {this}"
    ]


def test_kept_rows_are_counted_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        kept(tmp_path, WITH_HEADER, ["a", "b"], b"a,b,prediction\n1,2,x\n")

    assert messages_of(caplog, csv_resume.log) == ["1 rows of an earlier run are kept"]


@pytest.fixture
def table(tmp_path: Path) -> CsvInput:
    return open_table(tmp_path, "1,2\n3,4\n", ["0", "1"])


def test_rows_with_other_added_columns_are_dropped(tmp_path: Path, table: CsvInput) -> None:
    part = PartFile(tmp_path / "out.csv")
    part.resume(Output(table, "stop"), "a1")
    part.path.write_text("1,2,x\n")

    assert part.resume(Output(table, "stop", ["x"]), "a1") == 0


@pytest.mark.parametrize(("name", "unpack"), [("out.csv", bytes), ("out.csv.gz", gzip.decompress)])
def test_finished_run_leaves_only_the_target(tmp_path: Path, table: CsvInput, name: str, unpack: type[bytes]) -> None:
    part = PartFile(tmp_path / name)
    part.resume(Output(table, "stop"), "a1")
    part.path.write_text("1,2,x\n3,4,y\n")

    part.finish()

    assert unpack((tmp_path / name).read_bytes()) == b"1,2,x\n3,4,y\n"
    assert {path.name for path in tmp_path.iterdir()} == {"rows.csv", name}
