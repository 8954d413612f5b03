"""Values as clients write them: true and false, dates, texts, bare values, columns more or less than the model's."""

from typing import Any

import pytest

from ml_census.schema import Column, InvalidRowsError, Schema

AGE, FLAG = Column("age", "number"), Column("flag", "category", (False, True))


def values(column: Column, given: list[Any]) -> list[Any]:
    return list(Schema((column, AGE), "frame").validate_rows([[value, 1] for value in given]).columns[0])


def expected(schema: Schema, row: Any, **options: Any) -> str:
    with pytest.raises(InvalidRowsError) as raised:
        schema.validate_rows([row], **options)
    return str(raised.value.details[0]["expected"])


@pytest.mark.parametrize("true", [True, "true", "True", "TRUE", " true ", 1, 1.0, "1"])
@pytest.mark.parametrize(
    ("column", "known"),
    [
        (AGE, 1),
        (Column("flag", "number", nullable=True), 1),
        (FLAG, True),
        (Column("flag", "category", (False, True, None), nullable=True), True),
        (Column("flag", "category", (0, 1)), 1),
        (Column("flag", "category", (0.0, 1.0)), 1.0),
    ],
    ids=["number", "nullable number", "booleans", "booleans with a missing value", "integers", "floats"],
)
def test_true_is_understood_in_each_spelling(column: Column, known: Any, true: Any) -> None:
    made = values(column, [true, 0])[0]

    assert (made, type(made) is bool) == (known, type(known) is bool)


@pytest.mark.parametrize("false", [False, "false", "False", "FALSE", 0, "0"])
@pytest.mark.parametrize("column", [AGE, FLAG, Column("flag", "category", (0, 1))])
def test_false_is_understood_in_each_spelling(column: Column, false: Any) -> None:
    assert values(column, [false]) == [0]


@pytest.mark.parametrize("texts", [("False", "True"), ("false", "true")])
def test_true_and_false_among_categories_of_text_are_their_text(texts: tuple[str, str]) -> None:
    """numpy makes such text of lists that hold true and false beside text."""
    assert values(Column("flag", "category", texts), [False, True, "True", "false"][:2]) == list(texts)


def test_many_booleans_at_once_are_numbers() -> None:
    made = AGE.validate_batch([True, False] * 50)

    assert made is not None
    assert [type(value) for value in made] == [int] * 100


def test_text_that_is_no_boolean_is_still_unknown_or_refused() -> None:
    assert [each["got"] for each in Schema((FLAG,), "frame").validate_rows([["yes"]]).unknown] == ["yes"]
    assert expected(Schema((AGE,), "frame"), ["yes"]) == "a number"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2024-03-05", "2024-03-05T00:00:00"),
        (" 2024-03-05T10:30:00 ", "2024-03-05T10:30:00"),
        ("2024-03-05 10:30:00.250", "2024-03-05T10:30:00.250000"),
        ("2024-03-05T10:30:00Z", "2024-03-05T10:30:00"),
        ("2024-03-05T10:30:00+02:00", "2024-03-05T08:30:00"),
    ],
)
def test_dates_come_in_iso_8601_and_are_kept_in_utc(sent: str, kept: str) -> None:
    assert values(Column("when", "date"), [sent]) == [kept]


@pytest.mark.parametrize("sent", ["05.03.2024", "garbage", 1709632800000, True, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_date_is_refused(sent: Any) -> None:
    assert expected(Schema((Column("when", "date"),), "frame"), [sent]).startswith("a date in ISO 8601")


def test_a_missing_date_is_null() -> None:
    assert values(Column("when", "date", nullable=True), [None]) == [None]
    assert expected(Schema((Column("when", "date"),), "frame"), [None]) == "a value"


def test_a_column_of_text_takes_nothing_else() -> None:
    column = Schema((Column("note", "text"),), "documents")

    assert column.validate_rows([["good work"]]).columns == [("good work",)]
    assert expected(column, [7]) == "text"


@pytest.mark.parametrize("row", ["good work", ["good work"], {"note": "good work"}, {"last_ticket": "good work"}])
def test_a_text_may_be_a_row_by_itself(row: Any) -> None:
    """A text vectorizer does not know what the column was called."""
    assert Schema((Column("note", "text"),), "documents").validate_rows([row]).columns == [("good work",)]


def test_a_number_may_be_a_row_of_a_model_with_one_column() -> None:
    schema = Schema((AGE,), "numbers")

    assert list(schema.validate_rows([7, [8], {"age": 9}]).columns[0]) == [7, 8, 9]
    assert expected(schema, {"years": 9}) == "an object with all columns of the model; 1 missing: age"


NARROW = Schema((Column("id", nullable=True, dropped=True), AGE, FLAG), "frame")


def test_columns_that_the_model_drops_may_be_left_out() -> None:
    rows = NARROW.validate_rows([{"age": 7, "flag": True}, {"id": 1, "age": 8, "flag": False}])

    assert [list(column) for column in rows.columns] == [[None, 1], [7, 8], [True, False]]
    assert rows.ignored == 0


def test_columns_that_the_model_has_not_are_ignored_and_counted() -> None:
    rows = NARROW.validate_rows([{"age": 7, "flag": True, "note": "x"}, {"age": 8, "flag": False, "": 0, "note": "y"}])

    assert list(rows.columns[1]) == [7, 8]
    assert rows.ignored == 2


def test_columns_that_the_model_has_not_are_refused_if_told_so() -> None:
    assert expected(NARROW, {"age": 7, "flag": True, "note": 1}, reject_extra=True).endswith("so not note")
    assert NARROW.validate_rows([{"age": 7, "flag": True, "id": 1}], reject_extra=True).ignored == 0


def test_an_error_names_the_columns_that_are_missing() -> None:
    wide = Schema(tuple(Column(f"c{place}", "number") for place in range(9)), "frame")

    assert expected(wide, {"c0": 1}) == "an object with all columns of the model; 8 missing: c1, c2, c3, c4, c5, …"
