"""Numbers and missing values as text: databases, R, SAS and pandas each write them their own way."""

import math

import pytest

from ml_census.schema import Column, InvalidValueError

WORDS = ["", " ", ".", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "-nan", "NaT", "NULL", "null", "None", " NA "]


@pytest.mark.parametrize(
    ("text", "number"),
    [(".94", 0.94), ("-.5", -0.5), ("13.", 13.0), ("+7", 7), ("+7.5e+2", 750.0), (" 7 ", 7), ("-0", 0), ("007", 7)],
)
def test_a_number_is_understood_however_it_is_written(text: str, number: float) -> None:
    value, _known = Column("x", "number").validate(text)

    assert (value, type(value)) == (number, type(number))


@pytest.mark.parametrize("text", [".", "+", "-.", "e5", "1e", "1,5", "1_000", "0x1f", "inf", "Infinity", "1 2", "--1"])
def test_other_text_is_no_number(text: str) -> None:
    with pytest.raises(InvalidValueError, match="a number"):
        Column("x", "number").validate(text)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_for_a_missing_value_is_one(word: str) -> None:
    value, known = Column("x", "number", nullable=True).validate(word)

    assert isinstance(value, float) and math.isnan(value)
    assert known


@pytest.mark.parametrize("word", WORDS)
def test_a_column_without_missing_values_refuses_the_words_for_them(word: str) -> None:
    with pytest.raises(InvalidValueError, match="a number"):
        Column("x", "number").validate(word)


@pytest.mark.parametrize("categories", [("a", "b"), (1, 2), (1.5, 2.5)])
@pytest.mark.parametrize("word", ["NA", "null", ""])
def test_a_category_may_be_missing_by_a_word(categories: tuple[str | float, ...], word: str) -> None:
    value, known = Column("x", "category", categories, nullable=True).validate(word)

    assert isinstance(value, float) and math.isnan(value)
    assert known


@pytest.mark.parametrize("word", ["NA", "None"])
def test_a_category_that_is_spelt_like_a_missing_value_is_a_category(word: str) -> None:
    column = Column("country", "category", ("NA", "None", "DE"), nullable=True)

    assert column.validate(word) == (word, True)


def test_a_category_of_a_column_without_missing_values_is_unknown() -> None:
    assert Column("country", "category", ("DE", "FR")).validate("NA") == ("NA", False)


def test_text_of_a_column_of_any_kind_stays_as_it_is() -> None:
    assert Column("note", "any", nullable=True).validate("NA") == ("NA", True)
