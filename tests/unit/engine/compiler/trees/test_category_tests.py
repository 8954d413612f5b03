"""Splits of a category column become tests on the codes of its encoder."""

import numpy as np

from ml_census.engine.compiler.pipeline.features import CategoricalFeature
from ml_census.engine.compiler.trees.category_splits import CategorySetTest
from ml_census.engine.compiler.trees.category_tests import category_tests
from ml_census.engine.compiler.trees.node_tests import BitsetPool, ColumnSplits
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes
from ml_census.engine.runtime.encoders import CategoryEncoder

ENCODER = CategoryEncoder(0, ["a", "b", "c"])
FEATURE = CategoricalFeature(0, np.array([np.nan, 0.0, 1.0, 2.0, 9.0, 9.0]))
"""The values of a missing value, the three categories and two unknown ones."""


def splits(threshold: float, missing_right: bool, by_category: dict[int, CategorySetTest]) -> ColumnSplits:
    """Return one split of the column, at the root of a tree of three nodes."""
    trees = TreeNodes(
        leaf=np.array([False, True, True]),
        feature=np.zeros(3, dtype=np.int64),
        threshold=np.array([threshold, 0, 0]),
        missing_right=np.array([missing_right, False, False]),
        left=np.array([1, -1, -1]),
        right=np.array([2, -1, -1]),
        by_category=by_category,
    )
    return ColumnSplits(0, [FEATURE], [np.array([0])], trees, np.float64, False)


def test_codes_above_the_threshold_go_right() -> None:
    tests = category_tests(splits(0.5, False, {}), ENCODER, BitsetPool()).tests

    assert tests.tolist() == [[0, 2, 2]]  # "b", "c" and unknown categories


def test_missing_value_goes_right_besides_a_range() -> None:
    tests = category_tests(splits(1.5, True, {}), ENCODER, BitsetPool()).tests

    assert tests.tolist() == [[0, 3, 2**32 - 3]]  # from "c" around to code 0


def test_codes_of_a_set_go_right() -> None:
    pool = BitsetPool()
    tests = category_tests(splits(0, False, {0: CategorySetTest(np.array([0, 2]), True, -1)}), ENCODER, pool).tests

    assert tests[0, 0] == 2**31
    assert pool.words().tolist() == [0b01010]
