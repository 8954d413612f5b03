"""Splits by category codes, as each library evaluates them."""

import numpy as np

from ml_census.engine.compiler.trees.category_splits import CategorySetTest, HistogramSplitTest
from ml_census.engine.sklearn_internals import CategorySplit


def bitset(*codes: int) -> np.ndarray:
    words = np.zeros(8, dtype=np.uint32)
    for code in codes:
        words[code >> 5] |= np.uint32(1 << (code & 31))
    return words


def test_known_categories_go_left_or_right_by_the_bitset() -> None:
    split = CategorySplit(left=bitset(0, 200), known=bitset(0, 1, 200))

    assert HistogramSplitTest(split).goes_right(np.array([0.0, 1.0, 200.0]), False).tolist() == [False, True, False]


def test_other_codes_go_where_missing_values_go() -> None:
    split = CategorySplit(left=bitset(0), known=bitset(0, 1))
    others = np.array([np.nan, -1.0, 2.0, 1000.0])

    assert HistogramSplitTest(split).goes_right(others[:3], True).tolist() == [True] * 3
    assert HistogramSplitTest(split).goes_right(others[:3], False).tolist() == [False] * 3


XGBOOST = CategorySetTest(np.array([0, 3]), True, float(np.nextafter(np.float32(0), np.float32(-1))))
LIGHTGBM = CategorySetTest(np.array([0, 3]), False, -1.0)
VALUES = np.array([np.nan, -1.0, -0.5, -0.0, 0.5, 1.0, 3.9, 4.0, 1e30, np.inf])


def test_codes_of_the_set_go_right_in_xgboost() -> None:
    expected = [False, False, True, True, False, True, False, False, False]

    assert XGBOOST.goes_right(VALUES, False).tolist() == [False, *expected]
    assert XGBOOST.goes_right(VALUES, True).tolist() == [True, *expected]


def test_codes_of_the_set_go_left_in_lightgbm() -> None:
    assert LIGHTGBM.goes_right(VALUES, True).tolist() == [
        *(True, True, False, False, False),
        *(True, False, True, True, True),
    ]


def test_result_changes_only_after_a_limit() -> None:
    for test in (XGBOOST, LIGHTGBM):
        limits = np.unique(test.limits(np.float64))
        edges = np.concatenate([limits, np.nextafter(limits, np.inf), np.linspace(-2, 6, 801)])
        edges = edges[np.argsort(edges)]
        right = test.goes_right(edges, True)

        assert set(edges[:-1][right[:-1] != right[1:]]) <= set(limits)
