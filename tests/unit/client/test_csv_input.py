"""CSV input: detected encoding, delimiter and header, and the lines that are rows."""

import gzip
import os
from pathlib import Path

import pytest

from ml_census.client import csv_input
from ml_census.client.csv_input import Row, ScoringError
from support.csv_tables import open_table, write

NUMBERED = ["0", "1", "2"]


def rows(folder: Path, text: str | bytes, columns: list[str], encoding: str = "") -> list[list[str]]:
    return [row.cells for row in open_table(folder, text, columns, encoding).rows()]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("age,sex\n1,x\n", ["age", "sex"]),
        ("sex,note,age\nx,,1\n", ["age", "sex"]),
        ("\nage, sex \n\n1,x\n", ["age", "sex"]),
        ("0,1,2\n4,5,6\n", NUMBERED),
        (",0,1,2\n7,4,5,6\n", NUMBERED),
        ("0,1\n4,5\n", ["0", "1"]),
    ],
)
def test_line_with_all_names_is_a_header(tmp_path: Path, text: str, columns: list[str]) -> None:
    assert len(rows(tmp_path, text, columns)) == 1


@pytest.mark.parametrize("line", ["39,13,0", "2,1,0", "0,0,0", "1,1,1", "a,b,c"])
def test_line_of_numbers_is_a_row(tmp_path: Path, line: str) -> None:
    assert rows(tmp_path, f"{line}\n", NUMBERED) == [line.split(",")]


@pytest.mark.parametrize("line", ["Sex,Color", "sex,colour", "sx,x", "x,color"])
def test_line_with_a_misspelt_name_is_rejected(tmp_path: Path, line: str) -> None:
    """Use a model of categories alone, which would predict the line."""
    with pytest.raises(ScoringError, match="rows.csv: the first line does not name (sex|color|sex, color): it is “"):
        rows(tmp_path, f"{line}\nMale,red\n", ["sex", "color"])


def test_blank_line_is_a_row_only_of_one_column(tmp_path: Path) -> None:
    assert rows(tmp_path, "text\n\na\n\n", ["text"]) == [[""], ["a"], [""]]
    assert rows(tmp_path, "\nhello\n", ["text"]) == [[""], ["hello"]]
    assert rows(tmp_path, "age,sex\n\n1,x\n\n", ["age", "sex"]) == [["1", "x"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_encoding_delimiter_and_gzip_are_detected(
    tmp_path: Path, delimiter: str, encoding: str, is_packed: bool
) -> None:
    data = "näme,sex\r\nMüller,x\r\n".replace(",", delimiter).encode(encoding)

    table = open_table(tmp_path, gzip.compress(data) if is_packed else data, ["näme", "sex"])

    assert table.delimiter == delimiter
    assert list(table.rows()) == [Row(2, ["Müller", "x"])]


def test_named_encoding_is_not_detected(tmp_path: Path) -> None:
    data = "sex,name\nx,Łódź\n".encode("iso8859-2")

    assert rows(tmp_path, data, ["sex"], "iso8859-2") == [["x", "Łódź"]]
    with pytest.raises(ScoringError, match="rows.csv: not utf-8 text; --encoding names another encoding"):
        rows(tmp_path, data, ["sex"], "utf-8-sig")


@pytest.mark.parametrize("cut", [slice(-9), slice(10, None)], ids=["cut", "damaged"])
def test_incomplete_gzip_data_is_rejected(tmp_path: Path, cut: slice) -> None:
    data = gzip.compress(b"age,sex\n" + b"1,x\n" * 100)

    with pytest.raises(ScoringError, match="rows.csv: the gzip data is damaged or not whole"):
        rows(tmp_path, b"\x1f\x8b" + data[cut] if cut.start else data[cut], ["age", "sex"])


def test_row_has_its_line_and_problem(tmp_path: Path) -> None:
    table = open_table(tmp_path, 'age,sex\n1,"two\nlines"\n\n2\n3,x,y\n4,x\n', ["age", "sex"])

    assert list(table.rows()) == [
        Row(2, ["1", "two\nlines"]),
        Row(5, ["2"], "expected 2 values, got 1 value"),
        Row(6, ["3", "x", "y"], "expected 2 values, got 3 values"),
        Row(7, ["4", "x"]),
    ]


def test_unused_column_may_be_left_out(tmp_path: Path) -> None:
    table = csv_input.open_input(write(tmp_path, "age,sex\n5,x\n"), ["id", "sex"], ["sex"])

    assert [table.inputs(row) for row in table.rows()] == [[None, "x"]]


def test_pipe_is_rejected_as_input(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ScoringError, match="pipe: not a regular file; --input - reads a pipe"):
        csv_input.open_input(tmp_path / "pipe", ["age"])
