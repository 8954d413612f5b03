"""Tests on codes send to the second child exactly the codes that they are made for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_census.engine.compiler.trees.node_tests import BitsetPool, NodeTest
from ml_census.engine.runtime.kernel import BITSET_FLAG

PROPERTY = settings(derandomize=True, deadline=None, database=None)


def goes_right(test: NodeTest, code: int, words: np.ndarray) -> bool:
    """Return what kernel.c computes."""
    if test.flag == BITSET_FLAG:
        return bool(int(words[test.low + (code >> 5)]) >> (code & 31) & 1)
    return (code - test.low) % 2**32 <= test.span


@PROPERTY
@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=80), min_size=1, max_size=4))
def test_test_for_sends_exactly_the_given_codes_right(sets: list[list[bool]]) -> None:
    pool = BitsetPool()

    tests = [pool.test_for(np.array(right)) for right in sets]

    for test, right in zip(tests, sets, strict=True):
        assert [goes_right(test, code, pool.words()) for code in range(len(right))] == right


@PROPERTY
@given(st.integers(1, 80), st.data(), st.booleans())
def test_exceptions_go_to_the_other_child(count: int, data: st.DataObject, others_right: bool) -> None:
    codes = sorted(data.draw(st.sets(st.integers(0, count - 1))))
    pool = BitsetPool()

    test = pool.test_for_exceptions(np.array(codes, dtype=int), others_right, count)

    expected = [others_right != (code in codes) for code in range(count)]
    assert [goes_right(test, code, pool.words()) for code in range(count)] == expected


@pytest.mark.parametrize("right", [[False, True, True], [True, False, False], [False, False, False]])
def test_adjacent_codes_need_no_bitset(right: list[bool]) -> None:
    pool = BitsetPool()

    assert pool.test_for(np.array(right)).flag == 0
    assert len(pool.words()) == 0
