"""Columns of UCI Adult."""

from ml_census.training.census.adult import CATEGORIES, COLUMNS, NUMBERS


def test_each_column_is_a_number_or_a_category() -> None:
    assert sorted([*NUMBERS, *CATEGORIES]) == sorted(COLUMNS)
    assert len(COLUMNS) == 14
