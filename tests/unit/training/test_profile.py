"""Training distributions: expected values are counted by hand on small columns."""

from typing import Any

import pandas as pd
import pytest

from ml_census.schema import Column, Schema, TrainingDistribution
from ml_census.training.profile import MAX_TYPICAL_LENGTH, profile_schema, training_distribution

AGE = Column("age", "number")
SEX = Column("sex", "category", ("Female", "Male"))
NOTE = Column("note", "text")
DAY = Column("day", "date")


def distribution(column: Column, values: list[Any]) -> TrainingDistribution:
    result = training_distribution(column, pd.Series(values))
    assert result is not None
    return result


def test_bins_of_a_number_have_equal_frequencies() -> None:
    assert distribution(AGE, list(range(100))) == TrainingDistribution(
        (0.1,) * 10 + (0.0,), tuple(range(9, 90, 10)), 0, 99, 49
    )


def test_number_with_one_frequent_value_has_fewer_bins() -> None:
    gains = [0] * 95 + [1, 2, 3, 4, 5]

    assert distribution(AGE, gains) == TrainingDistribution((0.95, 0.05, 0.0), (0,), 0, 5, 0)


def test_constant_number_has_one_bin() -> None:
    assert distribution(AGE, [2.5, 2.5]) == TrainingDistribution((1.0, 0.0), (), 2.5, 2.5, 2.5)


def test_missing_values_have_a_frequency() -> None:
    assert distribution(AGE, [1.0, None]).frequencies == (0.5, 0.5)
    assert distribution(SEX, ["Male", "Male", "Female", "?"]).frequencies == (0.25, 0.5, 0.25)


def test_column_without_values_has_only_missing_ones() -> None:
    assert distribution(AGE, [None, None]) == TrainingDistribution((0.0, 1.0))
    assert distribution(SEX, [None, None]) == TrainingDistribution((0.0, 0.0, 1.0))


@pytest.mark.parametrize(
    ("values", "typical"), [([1, 2, 3, 100], 2), ([1.0, 2.0, 9.0], 2), ([0.5, 1.5, 2.5], 1.5), ([4.0, None, 6.0], 4)]
)
def test_typical_number_is_the_median_that_occurs(values: list[Any], typical: float) -> None:
    found = distribution(AGE, values).typical

    assert (found, type(found)) == (typical, type(typical))


def test_typical_category_is_the_most_frequent() -> None:
    assert distribution(SEX, ["Male", "Female", "Male"]).typical == "Male"


def test_boolean_has_a_bin_for_false_and_for_true() -> None:
    paid = Column("paid", "category", (False, True), dtype="bool")

    assert distribution(paid, [True, False, True, True]) == TrainingDistribution((0.25, 0.75, 0.0), typical=True)


def test_dates_have_bins_in_order() -> None:
    days = [f"2024-01-{day:02}T00:00:00" for day in (3, 1, 2, 1)]

    first, second, third = sorted(set(days))
    assert distribution(DAY, days) == TrainingDistribution((0.5, 0.25, 0.25, 0.0), (first, second), first, third, first)


def test_texts_have_bins_of_their_length() -> None:
    notes = ["a", "bb", "bb", "dddd"]

    assert distribution(NOTE, notes) == TrainingDistribution((0.25, 0.5, 0.25, 0.0), (1, 2), 1, 4, "bb")


def test_text_that_occurs_once_is_not_typical() -> None:
    assert distribution(NOTE, ["private letter", "another letter"]).typical is None


def test_long_text_is_not_typical() -> None:
    assert distribution(NOTE, ["x" * (MAX_TYPICAL_LENGTH + 1)] * 2).typical is None


def test_column_of_any_type_has_no_distribution() -> None:
    assert training_distribution(Column("x"), pd.Series([1, "a"])) is None


@pytest.mark.parametrize(
    ("nullable", "categories", "values", "expected"),
    [
        (True, (), [1.0, None], True),
        (True, (), [1.0, 2.0], False),
        (False, (), [1.0, None], False),
        (True, ("a", float("nan")), ["a", "a"], True),
    ],
)
def test_column_is_nullable_if_missing_values_occur(
    nullable: bool, categories: tuple[Any, ...], values: list[Any], expected: bool
) -> None:
    column = Column("x", "category" if categories else "number", categories, nullable)

    (profiled,) = profile_schema(Schema((column,), "frame"), pd.DataFrame({"x": values})).columns

    assert profiled.nullable == expected
