"""Which lines of a CSV file are rows, and what is kept of an interrupted run. Whole runs are in test_client.py."""

import csv
import os
from pathlib import Path

import pytest

from ml_census import scoring
from ml_census.scoring import ScoringError

NUMBERED = ["0", "1", "2"]


def written(folder: Path, text: str) -> Path:
    (path := folder / "rows.csv").write_bytes(text.encode())
    return path


def rows(folder: Path, text: str, columns: list[str]) -> list[list[str]]:
    return list(scoring.read(written(folder, text), columns).rows())


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("age,sex\n1,x\n", ["age", "sex"]),
        ("sex,note,age\nx,,1\n", ["age", "sex"]),
        ("\nage,sex\n\n1,x\n", ["age", "sex"]),
        ("0,1,2\n4,5,6\n", NUMBERED),
        (",0,1,2\n7,4,5,6\n", NUMBERED),
    ],
)
def test_a_line_with_all_names_is_a_header(tmp_path: Path, text: str, columns: list[str]) -> None:
    assert len(rows(tmp_path, text, columns)) == 1


@pytest.mark.parametrize("line", ["39,13,0", "2,1,0", "0,0,0", "1,1,1", "a,b,c"])
def test_a_line_with_the_number_of_a_column_without_a_name_is_a_row(tmp_path: Path, line: str) -> None:
    assert rows(tmp_path, f"{line}\n", NUMBERED) == [line.split(",")]


@pytest.mark.parametrize("line", ["Sex,Color", "sex,colour", "sx,x", "x,color"])
def test_a_line_with_something_like_a_name_is_no_row(tmp_path: Path, line: str) -> None:
    """A model of categories alone would answer it."""
    with pytest.raises(ScoringError, match="no column (sex|color): the first line must name the model's columns, or"):
        rows(tmp_path, f"{line}\nMale,red\n", ["sex", "color"])


def test_a_blank_line_is_an_empty_cell_of_the_one_column_and_nothing_of_several(tmp_path: Path) -> None:
    assert rows(tmp_path, "text\n\na\n\n", ["text"]) == [[""], ["a"], [""]]
    assert rows(tmp_path, "\nhello\n", ["text"]) == [[""], ["hello"]]
    assert rows(tmp_path, "age,sex\n\n1,x\n\n", ["age", "sex"]) == [["1", "x"]]


def test_what_can_be_read_only_once_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ScoringError, match="pipe: not a regular file, and its rows are read more than once"):
        scoring.read(tmp_path / "pipe", ["age"])


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    table = scoring.read(written(tmp_path, "1\n"), ["0"])

    with pytest.raises(ScoringError, match="pipe: not a regular file"):
        scoring.begin(table, tmp_path / "pipe", "a1", "http://x")


def resumed(
    folder: Path, source: str, columns: list[str], part: bytes, version: str = "a1", url: str = "http://x"
) -> int:
    """So many rows are kept of what a run of model a1 at http://x has left."""
    table = scoring.read(written(folder, source), columns)
    scoring.begin(table, folder / "out.csv", "a1", "http://x")
    (folder / "out.csv.part").write_bytes(part)
    return scoring.begin(table, folder / "out.csv", version, url).done


HEADED = "a,b\n1,2\n3,4\n"


@pytest.mark.parametrize(
    ("part", "kept"),
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
def test_whole_rows_of_the_same_table_are_kept(tmp_path: Path, part: bytes, kept: int) -> None:
    assert resumed(tmp_path, HEADED, ["a", "b"], part) == kept
    whole = ["a,b,prediction", "1,2,x", "3,4,y"]
    assert (tmp_path / "out.csv.part").read_text().splitlines() == whole[: kept + 1]


def test_rows_are_kept_without_a_header_too(tmp_path: Path) -> None:
    assert resumed(tmp_path, "1,2\n3,4\n", ["0", "1"], b"1,2,x\n3,4") == 1


@pytest.mark.parametrize(
    "cell", ["two\rlines", "two\nlines", "two\r\nlines", "\r", "\u2028\x85\x0b", 'a "quote", and', ""]
)
def test_a_cell_is_read_back_as_it_was(tmp_path: Path, cell: str) -> None:
    """Without its line end quoted a record would become two."""
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["a", "b"], ["1", cell], ["2", cell]])
    table = scoring.read(tmp_path / "rows.csv", ["a"])
    scoring.begin(table, tmp_path / "out.csv", "a1", "http://x")
    with (tmp_path / "out.csv.part").open("a", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["1", cell, "x"], ["2", cell, "y"]])

    assert scoring.begin(table, tmp_path / "out.csv", "a1", "http://x").done == 2
    with (tmp_path / "out.csv.part").open(newline="") as file:
        assert list(csv.reader(file)) == [["a", "b", "prediction"], ["1", cell, "x"], ["2", cell, "y"]]


@pytest.mark.parametrize(("version", "url"), [("b2", "http://x"), ("a1", "http://y")])
def test_rows_of_another_model_are_not_kept_and_that_is_told(
    tmp_path: Path, version: str, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert resumed(tmp_path, HEADED, ["a", "b"], b"a,b,prediction\n1,2,x\n", version, url) == 0
    assert caplog.messages == ["begins anew: the run before was of model a1 at http://x"]
    assert resumed(tmp_path, HEADED, ["a", "b"], b"a,b,prediction\n1,2,x\n") == 1
