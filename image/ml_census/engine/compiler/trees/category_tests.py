"""Convert the tree splits of a category column to tests on the codes of its CategoryEncoder."""

from typing import cast

import numpy as np

from ml_census.engine.compiler.pipeline.category_values import exceptional_codes, values_by_code
from ml_census.engine.compiler.pipeline.features import CategoricalFeature
from ml_census.engine.compiler.trees.node_tests import BitsetPool, ColumnSplits, ColumnTests, NodeTest
from ml_census.engine.runtime.encoders import CategoryEncoder


def category_tests(splits: ColumnSplits, encoder: CategoryEncoder, pool: BitsetPool) -> ColumnTests:
    """Return the tests of all nodes that split by features of one category column, and append bitsets to `pool`.

    Raises UnsupportedModelError if a feature is not numeric, or differs between unknown
    categories.
    """
    tests: list[NodeTest] = []
    for feature, nodes in zip(splits.features, splits.nodes, strict=True):
        category = cast(CategoricalFeature, feature)
        is_sparse = category.exceptions is not None and not splits.trees.by_category
        tests += (_tests_by_exceptions if is_sparse else _tests_by_value)(category, nodes, splits, pool)
    return ColumnTests(encoder, np.array(tests, dtype=np.uint32).reshape(-1, 3))


def _tests_by_value(
    feature: CategoricalFeature, nodes: np.ndarray, splits: ColumnSplits, pool: BitsetPool
) -> list[NodeTest]:
    """Return one test for each node. Nodes with the same threshold have the same test and the same bitset."""
    values, trees = values_by_code(feature, splits.dtype), splits.trees
    by_set = {
        node: pool.test_for(trees.by_category[node].goes_right(values, bool(trees.missing_right[node])))
        for node in nodes.tolist()
        if node in trees.by_category
    }
    keys = list(zip(trees.threshold[nodes].tolist(), trees.missing_right[nodes].tolist(), strict=True))
    own = {key for node, key in zip(nodes.tolist(), keys, strict=True) if node not in by_set}
    by_threshold = {key: pool.test_for(_above(values, *key)) for key in sorted(own)}
    return [by_set.get(node) or by_threshold[key] for node, key in zip(nodes.tolist(), keys, strict=True)]


def _above(values: np.ndarray, threshold: float, missing_right: bool) -> np.ndarray:
    """Return which values go right: bool (values,). NumPy would round a float to their dtype, not a np.float64."""
    return np.where(np.isnan(values), missing_right, values > np.float64(threshold))


def _tests_by_exceptions(
    feature: CategoricalFeature, nodes: np.ndarray, splits: ColumnSplits, pool: BitsetPool
) -> list[NodeTest]:
    """Return one test for each node. The time depends on the number of exceptional codes, and not of all codes."""
    exceptional, trees = exceptional_codes(feature, splits.dtype), splits.trees
    order = np.argsort(exceptional.codes)
    codes, values = exceptional.codes[order], np.append(exceptional.values[order], exceptional.usual)
    tests = []
    for node in nodes.tolist():
        right = np.where(np.isnan(values), trees.missing_right[node], values > trees.threshold[node]).astype(bool)
        differing = codes[right[:-1] != right[-1]]
        tests.append(pool.test_for_exceptions(differing, bool(right[-1]), feature.probe_count - 1))
    return tests
