"""Rows are checked against the model's columns, and every misfit is reported by row and column."""

import json
from typing import Any

import pytest

from ml_census.schema import Column, InvalidRowsError, Schema, SchemaError, schema_from_json, schema_to_json

NAN = float("nan")
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


def replaced(place: int, value: Any) -> list[Any]:
    return [value if index == place else old for index, old in enumerate(GOOD)]


def rows(schema: Schema, inputs: list[Any]) -> list[list[Any]]:
    """The rows that come out, which are kept column by column."""
    return [list(row) for row in zip(*schema.validate_rows(inputs).columns, strict=True)]


def details(inputs: Any, schema: Schema = SCHEMA) -> list[dict[str, Any]]:
    with pytest.raises(InvalidRowsError) as raised:
        schema.validate_rows(inputs)
    json.dumps(raised.value.details, allow_nan=False)
    return raised.value.details


def test_rows_that_fit_are_kept() -> None:
    assert rows(SCHEMA, [GOOD, GOOD]) == [GOOD, GOOD]


@pytest.mark.parametrize("sent", ["Private", " Private", "Private  ", "\tPrivate\n"])
def test_spaces_around_a_category_do_not_matter(sent: str) -> None:
    """The model gets its own spelling."""
    assert rows(SCHEMA, [replaced(1, sent)])[0][1] == " Private"


@pytest.mark.parametrize(("sent", "number"), [("39", 39), (" -1.5 ", -1.5), ("1e3", 1000.0), (0, 0), (0.5, 0.5)])
def test_a_number_may_come_as_text(sent: Any, number: float) -> None:
    assert rows(SCHEMA, [replaced(0, sent)])[0][0] == number


@pytest.mark.parametrize(
    ("place", "value", "expected"),
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
def test_a_value_that_does_not_fit_is_reported_with_its_place(place: int, value: Any, expected: str) -> None:
    found = details([GOOD, replaced(place, value)])

    assert len(found) == 1
    assert (found[0]["row"], found[0]["column"]) == (1, SCHEMA.columns[place].name)
    assert expected in found[0]["expected"]


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
        ({"age": 1, "work": "?", "sex": "Male", "nota": ""}, "1 missing: note"),
    ],
)
def test_a_row_of_another_shape_is_reported(row: Any, expected: str) -> None:
    (found,) = details([GOOD, row])

    assert found["row"] == 1
    assert expected in found["expected"]


def test_a_row_may_be_an_object_by_column_name() -> None:
    row = {"note": "any", "sex": "Male", "age": 39, "work": "Private"}

    assert rows(SCHEMA, [row, GOOD]) == [GOOD, GOOD]


@pytest.mark.parametrize("inputs", [None, {}, "rows", 7, []])
def test_no_rows_are_refused(inputs: Any) -> None:
    assert details(inputs) == []


def test_at_most_twenty_findings_are_listed_and_all_are_counted() -> None:
    with pytest.raises(InvalidRowsError, match="^30 values") as raised:
        SCHEMA.validate_rows([replaced(0, "x")] * 30)

    assert len(raised.value.details) == 20


def test_an_unknown_category_is_answered_and_reported() -> None:
    rows = SCHEMA.validate_rows([GOOD, replaced(1, "Astronaut")])

    assert rows.unknown == [
        {"row": 1, "column": "work", "got": "Astronaut", "expected": "a category that the model has learnt"}
    ]


def test_an_unknown_category_reaches_the_model_whole_or_not_at_all() -> None:
    """Another step than the encoder may read it."""
    assert rows(SCHEMA, [replaced(1, "Private" + "e" * 900)])[0][1] == "Private" + "e" * 900
    assert details([replaced(1, "e" * 1001)])[0]["expected"] == "text of at most 1000 characters"


def test_categories_that_differ_in_spaces_alone_are_told_apart() -> None:
    schema = Schema((Column("a", "category", ("x", " x")),), "frame")

    assert rows(schema, [["x"], [" x"], ["x "]]) == [["x"], [" x"], ["x"]]


def test_null_is_a_missing_value_where_the_column_allows_it() -> None:
    schema = Schema(
        (Column("a", "number", nullable=True), Column("b", "category", ("x", None), nullable=True)), "objects"
    )

    number, category = rows(schema, [[None, None]])[0]

    assert number != number
    assert category is None


def test_numeric_categories_are_matched_as_numbers() -> None:
    schema = Schema((Column("a", "category", (1, 2)),), "objects")

    assert rows(schema, [[1], ["2"], [1.0]]) == [[1], [2], [1]]
    assert len(schema.validate_rows([[3]]).unknown) == 1
    assert details([["x"]], schema)[0]["expected"] == "a number"


def test_categories_that_look_like_numbers_are_matched_as_text() -> None:
    schema = Schema((Column("a", "category", ("1", "2")),), "text")

    assert rows(schema, [[1], ["2"]]) == [["1"], ["2"]]
    assert [entry["got"] for entry in schema.validate_rows([[7], ["7"]]).unknown] == [7, "7"]


def test_categories_that_are_true_and_false_are_matched_as_such() -> None:
    schema = Schema((Column("a", "category", (False, True)),), "frame")

    assert rows(schema, [[True], [False], [1]]) == [[True], [False], [True]]
    assert [entry["got"] for entry in schema.validate_rows([["yes"]]).unknown] == ["yes"]


def test_a_missing_value_among_numeric_categories_is_nan_again_after_json() -> None:
    schema = Schema((Column("a", "category", (1, 2, NAN), nullable=True),), "frame")

    reread = schema_from_json(json.loads(json.dumps(schema_to_json(schema), allow_nan=False)))

    assert rows(reread, [[1]]) == [[1]]
    assert rows(reread, [[None]])[0][0] != rows(reread, [[None]])[0][0]


def test_what_was_got_is_shown_short() -> None:
    (found,) = details([replaced(0, "x" * 1000)])

    assert len(found["got"]) <= 41


def test_a_schema_survives_json() -> None:
    assert schema_from_json(json.loads(json.dumps(schema_to_json(SCHEMA)))) == SCHEMA


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "must hold"),
        ('{"form": "frame"}', "must hold"),
        ('{"form": "frame", "columns": [7]}', "must hold"),
        ('{"form": "cube", "columns": [{"name": "a", "type": "number"}]}', "form must be one of"),
        ('{"form": "frame", "columns": [{"name": "a", "type": "time"}]}', "a type one of"),
        ('{"form": "frame", "columns": []}', "at least one column"),
        ('{"form": "frame", "columns": [{"name": "a", "type": "category"}]}', "needs categories"),
        (
            '{"form": "frame", "columns": [{"name": "a", "type": "any"}, {"name": "a", "type": "any"}]}',
            "names that differ",
        ),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SchemaError, match=reason):
        schema_from_json(json.loads(text))


def test_nul_in_text_is_refused() -> None:
    """numpy drops it at the end of text, so that two engines would see two categories."""
    assert details([replaced(1, "Private\0")]) == [
        {"row": 0, "column": "work", "got": "Private\0", "expected": "text without NUL"}
    ]
