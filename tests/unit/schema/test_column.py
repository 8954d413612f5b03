"""Values of a column: categories, booleans and missing values in each spelling."""

import math
from typing import Any

import pytest

from ml_census.schema import Column, InvalidValueError
from ml_census.schema.column import MAX_CATEGORY_LENGTH

NAN = float("nan")
AGE, FLAG = Column("age", "number"), Column("flag", "category", (False, True))
WORDS = ["", " ", ".", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "-nan", "NaT", "NULL", "null", "None", " NA "]


@pytest.mark.parametrize("true", [True, "true", "True", "TRUE", " true ", 1, 1.0, "1"])
@pytest.mark.parametrize(
    ("column", "expected"),
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
def test_true_is_parsed_in_each_spelling(column: Column, expected: Any, true: Any) -> None:
    value, is_known = column.validate(true)

    assert (value, type(value) is bool, is_known) == (expected, type(expected) is bool, True)


@pytest.mark.parametrize("false", [False, "false", "False", "FALSE", 0, "0"])
@pytest.mark.parametrize("column", [AGE, FLAG, Column("flag", "category", (0, 1))])
def test_false_is_parsed_in_each_spelling(column: Column, false: Any) -> None:
    assert column.validate(false) == (0, True)


@pytest.mark.parametrize("texts", [("False", "True"), ("false", "true")])
def test_boolean_is_the_text_category_that_spells_it(texts: tuple[str, str]) -> None:
    """numpy converts a list of booleans and text to such text."""
    assert [Column("flag", "category", texts).validate(value)[0] for value in (False, True)] == list(texts)


def test_batch_of_booleans_is_converted_to_numbers() -> None:
    values = AGE.validate_batch([True, False] * 50)

    assert values is not None
    assert [type(value) for value in values] == [int] * 100


def test_other_text_among_boolean_categories_is_unknown() -> None:
    assert FLAG.validate("yes") == ("yes", False)


@pytest.mark.parametrize("word", WORDS)
def test_missing_word_is_a_missing_value(word: str) -> None:
    value, known = Column("x", "number", nullable=True).validate(word)

    assert isinstance(value, float) and math.isnan(value)
    assert known


@pytest.mark.parametrize("word", WORDS)
def test_missing_word_is_rejected_by_a_required_column(word: str) -> None:
    with pytest.raises(InvalidValueError, match="a number"):
        Column("x", "number").validate(word)


@pytest.mark.parametrize("categories", [("a", "b"), (1, 2), (1.5, 2.5)])
@pytest.mark.parametrize("word", ["NA", "null", ""])
def test_missing_word_is_a_missing_category(categories: tuple[str | float, ...], word: str) -> None:
    value, known = Column("x", "category", categories, nullable=True).validate(word)

    assert isinstance(value, float) and math.isnan(value)
    assert known


@pytest.mark.parametrize("word", ["NA", "None"])
def test_category_spelt_like_a_missing_word_is_a_category(word: str) -> None:
    column = Column("country", "category", ("NA", "None", "DE"), nullable=True)

    assert column.validate(word) == (word, True)


def test_missing_word_is_unknown_if_no_category_is_missing() -> None:
    assert Column("country", "category", ("DE", "FR")).validate("NA") == ("NA", False)


def test_missing_word_is_text_in_a_column_of_any_type() -> None:
    assert Column("note", "any", nullable=True).validate("NA") == ("NA", True)


def test_missing_date_is_none() -> None:
    assert Column("when", "date", nullable=True).validate(None) == (None, True)
    with pytest.raises(InvalidValueError, match="^a value$"):
        Column("when", "date").validate(None)


def test_missing_category_is_spelt_as_in_the_model() -> None:
    number, _ = Column("a", "number", nullable=True).validate(None)
    category, _ = Column("b", "category", ("x", None), nullable=True).validate(None)

    assert number != number
    assert category is None


@pytest.mark.parametrize("text", ["Private", " Private", "Private  ", "\tPrivate\n"])
def test_blanks_around_a_category_make_no_difference(text: str) -> None:
    """The model gets its own spelling."""
    assert Column("work", "category", (" Private", " ?")).validate(text) == (" Private", True)


def test_categories_that_differ_in_blanks_are_distinct() -> None:
    column = Column("a", "category", ("x", " x"))

    assert [column.validate(text)[0] for text in ("x", " x", "x ")] == ["x", " x", "x"]


def test_numeric_categories_match_numbers() -> None:
    column = Column("a", "category", (1, 2))

    assert [column.validate(value) for value in (1, "2", 1.0, 3)] == [(1, True), (2, True), (1, True), (3, False)]
    with pytest.raises(InvalidValueError, match="a number"):
        column.validate("x")


def test_categories_that_look_like_numbers_match_text() -> None:
    column = Column("a", "category", ("1", "2"))

    assert [column.validate(value) for value in (1, "2", 7)] == [("1", True), ("2", True), ("7", False)]


def test_boolean_categories_match_booleans() -> None:
    assert [FLAG.validate(value) for value in (True, False, 1)] == [(True, True), (False, True), (True, True)]


def test_unknown_category_is_kept_up_to_the_maximum_length() -> None:
    """A step of the pipeline before the encoder may read it."""
    column = Column("work", "category", ("Private",))

    assert column.validate("Private" + "e" * 900) == ("Private" + "e" * 900, False)
    with pytest.raises(InvalidValueError, match="text of at most 1000 characters"):
        column.validate("e" * 1001)


def test_unknown_category_may_be_as_long_as_a_known_one() -> None:
    column = Column("x", "category", ("a" * (MAX_CATEGORY_LENGTH + 1),))

    assert column.validate("b" * (MAX_CATEGORY_LENGTH + 1)) == ("b" * (MAX_CATEGORY_LENGTH + 1), False)
