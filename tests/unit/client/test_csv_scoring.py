"""Which lines of a CSV file are rows, what is written, and what is kept of an interrupted run. Whole runs are in
test_client.py and test_predict.py."""

import csv
import gzip
import os
from pathlib import Path

import pytest

from ml_census.client import csv_input, csv_scoring
from ml_census.client.csv_input import CsvInput, Row, ScoringError
from ml_census.client.csv_output import OnError, Output

NUMBERED = ["0", "1", "2"]


def written(folder: Path, text: str | bytes) -> Path:
    (path := folder / "rows.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(folder: Path, text: str | bytes, columns: list[str], encoding: str = "") -> CsvInput:
    return csv_input.open_input(written(folder, text), columns, None, encoding)


def rows(folder: Path, text: str | bytes, columns: list[str], encoding: str = "") -> list[list[str]]:
    return [row.cells for row in read(folder, text, columns, encoding).rows()]


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
def test_a_line_with_all_names_is_a_header(tmp_path: Path, text: str, columns: list[str]) -> None:
    assert len(rows(tmp_path, text, columns)) == 1


@pytest.mark.parametrize("line", ["39,13,0", "2,1,0", "0,0,0", "1,1,1", "a,b,c"])
def test_a_line_with_the_number_of_a_column_without_a_name_is_a_row(tmp_path: Path, line: str) -> None:
    assert rows(tmp_path, f"{line}\n", NUMBERED) == [line.split(",")]


@pytest.mark.parametrize("line", ["Sex,Color", "sex,colour", "sx,x", "x,color"])
def test_a_line_with_something_like_a_name_is_no_row(tmp_path: Path, line: str) -> None:
    """A model of categories alone would answer it."""
    with pytest.raises(ScoringError, match="rows.csv: the first line does not name (sex|color|sex, color): it is “"):
        rows(tmp_path, f"{line}\nMale,red\n", ["sex", "color"])


def test_a_blank_line_is_an_empty_cell_of_the_one_column_and_nothing_of_several(tmp_path: Path) -> None:
    assert rows(tmp_path, "text\n\na\n\n", ["text"]) == [[""], ["a"], [""]]
    assert rows(tmp_path, "\nhello\n", ["text"]) == [[""], ["hello"]]
    assert rows(tmp_path, "age,sex\n\n1,x\n\n", ["age", "sex"]) == [["1", "x"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_file_is_read_as_other_programs_write_it(
    tmp_path: Path, delimiter: str, encoding: str, is_packed: bool
) -> None:
    data = "näme,sex\r\nMüller,x\r\n".replace(",", delimiter).encode(encoding)

    table = read(tmp_path, gzip.compress(data) if is_packed else data, ["näme", "sex"])

    assert table.delimiter == delimiter
    assert list(table.rows()) == [Row(2, ["Müller", "x"])]


def test_an_encoding_that_is_given_is_not_detected(tmp_path: Path) -> None:
    data = "sex,name\nx,Łódź\n".encode("iso8859-2")

    assert rows(tmp_path, data, ["sex"], "iso8859-2") == [["x", "Łódź"]]
    with pytest.raises(ScoringError, match="rows.csv: not utf-8 text; --encoding names another encoding"):
        rows(tmp_path, data, ["sex"], "utf-8-sig")


@pytest.mark.parametrize("cut", [slice(-9), slice(10, None)], ids=["cut", "damaged"])
def test_gzip_data_that_is_not_whole_is_refused(tmp_path: Path, cut: slice) -> None:
    data = gzip.compress(b"age,sex\n" + b"1,x\n" * 100)

    with pytest.raises(ScoringError, match="rows.csv: the gzip data is damaged or not whole"):
        rows(tmp_path, b"\x1f\x8b" + data[cut] if cut.start else data[cut], ["age", "sex"])


def test_a_row_names_its_line_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    table = read(tmp_path, 'age,sex\n1,"two\nlines"\n\n2\n3,x,y\n4,x\n', ["age", "sex"])

    assert list(table.rows()) == [
        Row(2, ["1", "two\nlines"]),
        Row(5, ["2"], "expected 2 values, got 1 value"),
        Row(6, ["3", "x", "y"], "expected 2 values, got 3 values"),
        Row(7, ["4", "x"]),
    ]


def test_a_column_that_the_model_does_not_use_may_be_left_out(tmp_path: Path) -> None:
    table = csv_input.open_input(written(tmp_path, "age,sex\n5,x\n"), ["id", "sex"], ["sex"])

    assert [table.inputs(row) for row in table.rows()] == [[None, "x"]]


def test_what_can_be_read_only_once_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ScoringError, match="pipe: not a regular file; --input - reads a pipe"):
        csv_input.open_input(tmp_path / "pipe", ["age"])


def output(table: CsvInput, on_error: OnError = "stop", classes: list[str] | None = None) -> Output:
    return Output(table, on_error, classes)


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ScoringError, match="pipe: not a regular file"):
        csv_scoring.prepare_run(output(read(tmp_path, "1\n", ["0"])), tmp_path / "pipe", "a1")


@pytest.mark.parametrize("make", [os.link, os.symlink])
def test_the_input_is_not_replaced(tmp_path: Path, make: object) -> None:
    table = read(tmp_path, "1\n", ["0"])
    make(tmp_path / "rows.csv", tmp_path / "other.csv")  # type: ignore[operator]

    for target in (tmp_path / "rows.csv", tmp_path / "other.csv"):
        with pytest.raises(ScoringError, match="is the input itself; name another --output"):
            csv_scoring.prepare_run(output(table), target, "a1")


@pytest.mark.parametrize(
    ("header", "on_error", "classes", "added"),
    [
        ("a,b", "stop", None, ["prediction"]),
        ("a,b", "mark", ["x", "y"], ["prediction", "probability x", "probability y", "error"]),
        ("a,prediction", "mark", None, ["prediction 2", "error"]),
        ("a,prediction,prediction 2,error", "mark", None, ["prediction 3", "error 2"]),
    ],
)
def test_an_added_column_has_a_name_that_the_table_has_not(
    tmp_path: Path, header: str, on_error: OnError, classes: list[str] | None, added: list[str]
) -> None:
    table = read(tmp_path, f"{header}\n", ["a"])

    assert output(table, on_error, classes).added == added


@pytest.mark.parametrize(
    ("on_error", "line"), [("stop", "5,,,\n"), ("mark", "5,,,,no sex\n"), ("skip", "")], ids=["stop", "mark", "skip"]
)
def test_a_row_without_a_prediction_is_marked_or_left_out(tmp_path: Path, on_error: OnError, line: str) -> None:
    table = read(tmp_path, "age,sex\n5\n", ["age", "sex"])

    assert output(table, on_error, ["x"]).record(Row(2, ["5"]), None, [], "no sex") == line


def test_several_labels_are_written_as_json(tmp_path: Path) -> None:
    table = read(tmp_path, "age\n5\n", ["age"])

    assert output(table).record(Row(2, ["5"]), ["ä", 1.5], [], "") == '5,"[""ä"", 1.5]"\n'


def resumed(
    folder: Path, source: str, columns: list[str], part: bytes, version: str = "a1", on_error: OnError = "stop"
) -> int:
    """So many rows are kept of what a run of model a1 has left."""
    table = read(folder, source, columns)
    csv_scoring.prepare_run(output(table, on_error), folder / "out.csv", "a1")
    (folder / "out.csv.part").write_bytes(part)
    return csv_scoring.prepare_run(output(table, on_error), folder / "out.csv", version).done


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
    table = csv_input.open_input(tmp_path / "rows.csv", ["a"])
    csv_scoring.prepare_run(output(table), tmp_path / "out.csv", "a1")
    with (tmp_path / "out.csv.part").open("a", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["1", cell, "x"], ["2", cell, "y"]])

    assert csv_scoring.prepare_run(output(table), tmp_path / "out.csv", "a1").done == 2
    with (tmp_path / "out.csv.part").open(newline="") as file:
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
def test_a_run_that_leaves_rows_out_goes_on_behind_the_last_row_that_is_written(
    tmp_path: Path, part: bytes, done: int
) -> None:
    assert resumed(tmp_path, "a,b\n1,2\n9,9,9\n3,4\n5,6\n", ["a", "b"], part, on_error="skip") == done


def test_marked_rows_are_kept(tmp_path: Path) -> None:
    part = b"a,b,prediction,error\n1,2,x,\n9,9,,too many\n3,4,y,\n"

    assert resumed(tmp_path, "a,b\n1,2\n9,9,9\n3,4\n5,6\n", ["a", "b"], part, on_error="mark") == 3


def test_rows_of_another_model_are_not_kept_and_that_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    part = b"a,b,prediction\n1,2,x\n"

    assert resumed(tmp_path, HEADED, ["a", "b"], part, "b2") == 0
    was, now = (f"model {version}, added columns prediction, bad rows: stop" for version in ("a1", "b2"))
    assert caplog.messages == [f"starts from the first row: the earlier run was of {was}; this one is of {now}"]
    assert resumed(tmp_path, HEADED, ["a", "b"], part) == 1


def test_rows_without_a_header_are_not_kept_for_other_columns(tmp_path: Path) -> None:
    table = read(tmp_path, "1,2\n3,4\n", ["0", "1"])
    csv_scoring.prepare_run(output(table), tmp_path / "out.csv", "a1")
    (tmp_path / "out.csv.part").write_text("1,2,x\n")

    assert csv_scoring.prepare_run(output(table, classes=["x"]), tmp_path / "out.csv", "a1").done == 0
