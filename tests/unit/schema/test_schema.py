"""Validation of rows: each invalid value is reported by row and column."""

import json
from dataclasses import replace
from typing import Any

import pytest

from ml_census.schema import Column, InvalidRowsError, Schema, TrainingDistribution

NAN = float("nan")
AGE, FLAG = Column("age", "number"), Column("flag", "category", (False, True))
SCHEMA = Schema(
    (
        Column("age", "number"),
        Column("work", "category", (" Private", " ?")),
        Column("sex", "category", ("Female", "Male"), reject_unknown=True),
        Column("note"),
    ),
    "objects",
)
GOOD = [39, " Private", "Male", "any"]
DROPPING = Schema((Column("id", nullable=True, dropped=True), AGE, FLAG), "frame")


def replaced(index: int, value: Any) -> list[Any]:
    """Return GOOD with another value in one column."""
    return [*GOOD[:index], value, *GOOD[index + 1 :]]


def rows(schema: Schema, inputs: list[Any]) -> list[list[Any]]:
    """Return the valid rows, row by row."""
    return [list(row) for row in zip(*schema.validate_rows(inputs).columns, strict=True)]


def details(inputs: Any, schema: Schema = SCHEMA) -> list[dict[str, Any]]:
    """Return the details of the error for invalid rows; they are valid JSON."""
    with pytest.raises(InvalidRowsError) as raised:
        schema.validate_rows(inputs)
    json.dumps(raised.value.details, allow_nan=False)
    return raised.value.details


def expected(schema: Schema, row: Any, **options: Any) -> str:
    """Return what the error for an invalid row says is expected."""
    with pytest.raises(InvalidRowsError) as raised:
        schema.validate_rows([row], **options)
    return str(raised.value.details[0]["expected"])


def test_valid_rows_are_kept() -> None:
    assert rows(SCHEMA, [GOOD, GOOD]) == [GOOD, GOOD]


@pytest.mark.parametrize(("sent", "number"), [("39", 39), (" -1.5 ", -1.5), ("1e3", 1000.0), (0, 0), (0.5, 0.5)])
def test_number_in_text_is_parsed(sent: Any, number: float) -> None:
    assert rows(SCHEMA, [replaced(0, sent)])[0][0] == number


@pytest.mark.parametrize(
    ("index", "value", "expected"),
    [
        (0, "abc", "a number"),
        (0, "", "a number"),
        (0, "nan", "a number"),
        (0, "1_000", "a number"),
        (0, "٣", "a number"),
        (0, "9" * 5000, "a number"),
        (0, None, "a number"),
        (0, [1], "a number"),
        (0, {"a": 1}, "a number"),
        (0, NAN, "finite"),
        (0, float("inf"), "finite"),
        (0, 10**400, "finite"),
        (0, "1e999", "finite"),
        (1, None, "a value"),
        (1, 7, "text"),
        (1, False, "text"),
        (1, [], "a single value"),
        (1, "\ud800", "surrogates"),
        (1, NAN, "finite"),
        (2, "Other", "one of Female, Male"),
        (3, None, "a value"),
        (3, ["nested"], "a single value"),
    ],
)
def test_invalid_value_is_reported_by_row_and_column(index: int, value: Any, expected: str) -> None:
    entries = details([GOOD, replaced(index, value)])

    assert len(entries) == 1
    assert (entries[0]["row"], entries[0]["column"]) == (1, SCHEMA.columns[index].name)
    assert expected in entries[0]["expected"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([], "a list of 4 values"),
        (GOOD[:3], "a list of 4 values"),
        ([*GOOD, 1], "a list of 4 values"),
        ("text", "a list of 4 values"),
        (7, "a list of 4 values"),
        (None, "a list of 4 values"),
        ({}, "4 missing: age, work, sex, note"),
        ({"age": 1, "work": "?", "sex": "Male", "nota": ""}, "1 missing: note; 1 unknown: nota"),
        ({**dict.fromkeys("bcdefg", 1), "a" * 50: 1}, "unknown: b, c, d, e, f, …"),
        ({"a" * 50: 1}, f"1 unknown: {'a' * 40}…"),
    ],
)
def test_row_of_another_shape_is_reported(row: Any, expected: str) -> None:
    (entry,) = details([GOOD, row])

    assert entry["row"] == 1
    assert expected in entry["expected"]


def test_row_may_be_an_object_by_column_name() -> None:
    row = {"note": "any", "sex": "Male", "age": 39, "work": "Private"}

    assert rows(SCHEMA, [row, GOOD]) == [GOOD, GOOD]


@pytest.mark.parametrize("inputs", [None, {}, "rows", 7, []])
def test_input_without_rows_is_rejected(inputs: Any) -> None:
    assert details(inputs) == []


def test_twenty_details_are_listed_and_all_are_counted() -> None:
    with pytest.raises(InvalidRowsError, match="^30 values") as raised:
        SCHEMA.validate_rows([replaced(0, "x")] * 30)

    assert len(raised.value.details) == 20


def test_unknown_category_is_valid_and_reported() -> None:
    rows = SCHEMA.validate_rows([GOOD, replaced(1, "Astronaut")])

    assert rows.unknown == [
        {"row": 1, "column": "work", "got": "Astronaut", "expected": "a category that the model has learnt"}
    ]


def test_text_column_accepts_only_text() -> None:
    schema = Schema((Column("note", "text"),), "documents")

    assert schema.validate_rows([["good work"]]).columns == [("good work",)]
    assert expected(schema, [7]) == "text"


@pytest.mark.parametrize("row", ["good work", ["good work"], {"note": "good work"}, {"last_ticket": "good work"}])
def test_text_may_be_a_row(row: Any) -> None:
    """A text vectorizer does not know the name of its column."""
    assert Schema((Column("note", "text"),), "documents").validate_rows([row]).columns == [("good work",)]


def test_number_may_be_a_row_of_a_model_with_one_column() -> None:
    schema = Schema((AGE,), "numbers")

    assert list(schema.validate_rows([7, [8], {"age": 9}]).columns[0]) == [7, 8, 9]
    assert expected(schema, {"years": 9}) == "an object with all columns of the model; 1 missing: age; 1 unknown: years"


def test_dropped_column_may_be_left_out() -> None:
    rows = DROPPING.validate_rows([{"age": 7, "flag": True}, {"id": 1, "age": 8, "flag": False}])

    assert [list(column) for column in rows.columns] == [[None, 1], [7, 8], [True, False]]
    assert rows.ignored == 0


def test_extra_columns_are_ignored_and_counted() -> None:
    rows = DROPPING.validate_rows(
        [{"age": 7, "flag": True, "note": "x"}, {"age": 8, "flag": False, "": 0, "note": "y"}]
    )

    assert list(rows.columns[1]) == [7, 8]
    assert rows.ignored == 2


def test_extra_columns_are_rejected_on_request() -> None:
    assert expected(DROPPING, {"age": 7, "flag": True, "note": 1}, reject_extra=True).endswith("so not note")
    assert DROPPING.validate_rows([{"age": 7, "flag": True, "id": 1}], reject_extra=True).ignored == 0


def test_missing_columns_are_named() -> None:
    wide = Schema(tuple(Column(f"c{index}", "number") for index in range(9)), "frame")

    assert expected(wide, {"c0": 1}) == "an object with all columns of the model; 8 missing: c1, c2, c3, c4, c5, …"


def test_typical_row_has_the_typical_values_of_training() -> None:
    columns = [replace(column, training=TrainingDistribution((1.0,), typical=1)) for column in (AGE, FLAG)]
    dropped = DROPPING.columns[0]

    assert Schema((dropped, *columns), "frame").typical_row == [[None], [1], [1]]
    assert Schema((dropped, AGE, columns[1]), "frame").typical_row is None
