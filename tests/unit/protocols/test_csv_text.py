"""CSV as other programs write it: delimiters, encodings, headers. tests/system/test_csv_page.py has the same cases."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ml_census.protocols.csv_text import C1, CsvError, column_indexes, detect_delimiter, detect_encoding, records

CASES = json.loads((Path(__file__).parents[2] / "support" / "csv_cases.json").read_text())
NUMBERED = ["0", "1", "2"]


@pytest.mark.parametrize("case", CASES["texts"], ids=lambda case: case["what"])
def test_records_are_those_of_the_shared_cases(case: dict[str, Any]) -> None:
    delimiter = detect_delimiter(case["text"], case["names"]) if "names" in case else ","
    assert delimiter == case.get("delimiter", ",")
    read = records(io.StringIO(case["text"], newline=""), delimiter)
    if "error" in case:
        with pytest.raises(CsvError, match=f"^{case['error']}: not CSV: "):
            list(read)
    else:
        assert [[record.line, record.cells] for record in read] == case["records"]


@pytest.mark.parametrize("case", CASES["encodings"], ids=lambda case: case["what"])
def test_encoding_is_detected_from_the_bytes(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["bytes"])

    assert data.decode(detect_encoding([data]), errors=C1) == case["text"]


@pytest.mark.parametrize(("text", "encoding"), [("Müller", "utf-8-sig"), ("Mü", "windows-1252")])
def test_character_may_span_two_pieces_of_a_file(text: str, encoding: str) -> None:
    data = text.encode("utf-8" if encoding == "utf-8-sig" else "latin-1")

    assert detect_encoding(data[index : index + 1] for index in range(len(data))) == encoding


@pytest.mark.parametrize(
    ("first", "names", "indexes"),
    [
        (["age", "sex"], ["age", "sex"], [0, 1]),
        (["sex", "note", " age "], ["age", "sex"], [2, 0]),
        (["39", "x"], ["age", "sex"], None),
        (["0", "1", "2"], NUMBERED, [0, 1, 2]),
        (["", "0", "1", "2"], NUMBERED, [1, 2, 3]),
        (["2", "1", "0"], NUMBERED, None),
        (["a", "b", "c"], NUMBERED, None),
        (["note", "note", "age"], ["age"], [2]),
    ],
)
def test_line_with_all_names_is_a_header(first: list[str], names: list[str], indexes: list[int] | None) -> None:
    assert column_indexes(first, names, names) == indexes


def test_optional_column_may_be_absent() -> None:
    assert column_indexes(["note", "sex"], ["sex", "id"], ["sex"]) == [1, None]
    assert column_indexes(["id", "sex"], ["sex", "id"], ["sex"]) == [1, 0]
    with pytest.raises(CsvError, match="the first line does not name sex: it is"):
        column_indexes(["id", "Sex"], ["sex", "id"], ["sex"])


@pytest.mark.parametrize(("fewest", "indexes"), [(1, [0, 1]), (3, None)])
def test_caller_sets_the_minimum_of_numbers_in_a_header(fewest: int, indexes: list[int] | None) -> None:
    assert column_indexes(["0", "1"], ["0", "1"], ["0", "1"], fewest) == indexes


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (["Sex", "Color"], "the first line does not name sex, color: it is “Sex,Color”"),
        (["sex", "colour"], "the first line does not name color: it is “sex,colour”"),
        (["sex", "color", "sex"], "the first line has the column sex twice"),
        (["a", "b", "c"], "the first line has 3 values, expected 2 or the names sex, color: it is “a,b,c”"),
        ([], "there are no rows"),
        (["x" * 200, "sex"], f"the first line does not name color: it is “{'x' * 100}…”"),
    ],
)
def test_first_line_that_is_neither_header_nor_row_is_an_error(first: list[str], reason: str) -> None:
    with pytest.raises(CsvError) as raised:
        column_indexes(first, ["sex", "color"], ["sex", "color"])

    assert str(raised.value) == reason


def test_only_the_first_20_cells_are_compared_with_the_names() -> None:
    """Comparing all cells of a wide row would take quadratic time."""
    names = [f"column {number}" for number in range(30)]

    with pytest.raises(CsvError, match="does not name"):
        column_indexes(["x"] * 19 + ["colum 19"] + ["x"] * 10, names, names)
    assert column_indexes(["x"] * 20 + ["colum 20"] + ["x"] * 9, names, names) is None
