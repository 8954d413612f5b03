"""A column of distinct values is a sequence of the values of its rows."""

import numpy as np

from ml_census.schema import DictionaryColumn

COLUMN = DictionaryColumn(["a", None, 7], np.array([2, 0, 0, 1]))


def test_column_is_a_sequence_of_its_values() -> None:
    assert len(COLUMN) == 4
    assert list(COLUMN) == [7, "a", "a", None]


def test_slice_of_a_column_is_a_column() -> None:
    part = COLUMN[1:3]

    assert isinstance(part, DictionaryColumn)
    assert list(part) == ["a", "a"]
