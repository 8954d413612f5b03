"""Ordinals sort like the numbers that they encode, and bisection over them is exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_census.engine.compiler.trees.float_bisection import float_to_ordinal, largest_where, ordinal_to_float
from ml_census.schema import MAX_FLOAT32

FLOATS = st.floats(allow_nan=False, allow_infinity=True)
IN_RANGE = st.floats(-MAX_FLOAT32, MAX_FLOAT32)
PROPERTY = settings(derandomize=True, deadline=None, database=None)


def ordinal(number: float) -> int:
    return int(float_to_ordinal(np.array([number]))[0])


@PROPERTY
@given(FLOATS, FLOATS)
def test_ordinals_have_the_order_of_their_numbers(one: float, other: float) -> None:
    assert (ordinal(one) < ordinal(other)) == (one < other)
    assert (ordinal(one) == ordinal(other)) == (one == other)


@PROPERTY
@given(FLOATS)
def test_ordinal_to_float_returns_the_same_number(number: float) -> None:
    assert ordinal_to_float(float_to_ordinal(np.array([number])))[0] == number


@PROPERTY
@given(IN_RANGE)
def test_ordinals_of_neighbours_differ_by_one(number: float) -> None:
    assert ordinal(float(np.nextafter(number, np.inf))) - ordinal(number) == 1


@PROPERTY
@given(st.lists(IN_RANGE, min_size=1, max_size=9))
def test_bisection_finds_each_limit_exactly(limits: list[float]) -> None:
    expected = np.array(limits)

    assert largest_where(lambda numbers: numbers <= expected, len(limits)).tolist() == limits


@pytest.mark.parametrize(("holds", "expected"), [(True, MAX_FLOAT32), (False, -np.inf)])
def test_bisection_of_a_constant_condition_ends_at_its_limits(holds: bool, expected: float) -> None:
    assert largest_where(lambda numbers: np.full(len(numbers), holds), 2).tolist() == [expected] * 2
