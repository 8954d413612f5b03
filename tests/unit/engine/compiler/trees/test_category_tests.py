"""Splits of category columns by the category codes of histogram boosting."""

import numpy as np

from ml_census.engine.compiler.trees.category_tests import goes_right
from ml_census.engine.sklearn_internals import CategorySplit


def bitset(*codes: int) -> np.ndarray:
    words = np.zeros(8, dtype=np.uint32)
    for code in codes:
        words[code >> 5] |= np.uint32(1 << (code & 31))
    return words


def test_known_categories_go_left_or_right_by_the_bitset() -> None:
    split = CategorySplit(left=bitset(0, 200), known=bitset(0, 1, 200))

    assert goes_right(split, np.array([0.0, 1.0, 200.0]), False).tolist() == [False, True, False]


def test_other_codes_go_where_missing_values_go() -> None:
    split = CategorySplit(left=bitset(0), known=bitset(0, 1))
    others = np.array([np.nan, -1.0, 2.0, 1000.0])

    assert goes_right(split, others[:3], True).tolist() == [True] * 3
    assert goes_right(split, others[:3], False).tolist() == [False] * 3
