"""The first row, and its column, that a model rejects are found with few predictions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_census.engine.failure_location import first_rejected_row, rejected_column
from ml_census.schema import Columns


class Model:
    """Accepts columns without negative numbers, and counts how often it is called."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, columns: Columns) -> bool:
        self.calls += 1
        return all(float(value or 0) >= 0 for values in columns for value in values)


@settings(derandomize=True, deadline=None, database=None)
@given(st.lists(st.integers(-1, 3), min_size=1, max_size=1000).filter(lambda values: min(values) < 0))
def test_first_rejected_row_is_found_in_few_calls(values: list[int]) -> None:
    model = Model()

    assert first_rejected_row(model, [values]) == next(row for row, value in enumerate(values) if value < 0)
    assert model.calls <= 10


@pytest.mark.parametrize("column", range(5))
def test_rejected_column_is_found(column: int) -> None:
    row = [[-1] if index == column else [1] for index in range(5)]

    assert rejected_column(Model(), row, [[0]] * 5) == column


def test_column_is_unknown_if_two_values_are_rejected_together() -> None:
    def accepts(columns: Columns) -> bool:
        return sum(float(values[0] or 0) for values in columns) < 2

    assert rejected_column(accepts, [[1], [1], [1]], [[0], [0], [0]]) is None
