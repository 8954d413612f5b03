"""Turn splits of category columns into tests on codes of the raw column."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ml_census.engine.compiler.category_values import exceptional_codes, values_by_code
from ml_census.engine.compiler.features import CategoricalFeature
from ml_census.engine.compiler.node_tests import BitsetPool, ColumnTests, NodeTest
from ml_census.engine.compiler.tree_nodes import TreeNodes
from ml_census.engine.runtime.encoders import CategoryEncoder
from ml_census.engine.sklearn_internals import CategorySplit

MAX_CATEGORY_CODE = 255
"""Histogram boosting has at most 256 categories a column: its bitsets have 256 bits."""


def category_tests(
    encoder: CategoryEncoder,
    features: Mapping[int, CategoricalFeature],
    nodes: Mapping[int, np.ndarray],
    trees: TreeNodes,
    pool: BitsetPool,
    dtype: Any,
) -> ColumnTests:
    """Return the tests of all nodes that split by features of one category column.

    `features` are those of the column by position, `nodes` the positions of the nodes of each; `dtype` is the type to
    which the model rounds numbers. Bitsets go into the pool.
    """
    tests: list[NodeTest] = []
    for index, feature in features.items():
        if feature.exceptions is not None and not trees.by_category:
            tests += _tests_by_exceptions(feature, nodes[index], trees, pool, dtype)
        else:
            tests += _tests_by_value(feature, nodes[index], trees, pool, dtype)
    return ColumnTests(
        encoder, np.concatenate([nodes[index] for index in features]), np.array(tests, dtype=np.uint32).reshape(-1, 3)
    )


def _tests_by_value(
    feature: CategoricalFeature, nodes: np.ndarray, trees: TreeNodes, pool: BitsetPool, dtype: Any
) -> list[NodeTest]:
    """Return one test for each node; nodes with the same threshold share a test, and so its bitset."""
    values = values_by_code(feature, dtype)
    tests: dict[tuple[float, bool] | int, NodeTest] = {}
    keys: list[tuple[float, bool] | int] = []
    by_threshold = zip(
        nodes.tolist(), trees.threshold[nodes].tolist(), trees.missing_right[nodes].tolist(), strict=True
    )
    for node, threshold, missing_right in by_threshold:
        if (split := trees.by_category.get(node)) is not None:
            keys.append(node)
            tests[node] = pool.test_for(goes_right(split, values, missing_right))
        else:
            keys.append((threshold, missing_right))
    for threshold, missing_right in sorted({key for key in keys if isinstance(key, tuple)}):
        # not a Python float, which NumPy would round to the dtype of the values
        right = np.where(np.isnan(values), missing_right, values > np.float64(threshold))
        tests[threshold, missing_right] = pool.test_for(right)
    return [tests[key] for key in keys]


def _tests_by_exceptions(
    feature: CategoricalFeature, nodes: np.ndarray, trees: TreeNodes, pool: BitsetPool, dtype: Any
) -> list[NodeTest]:
    """Return one test for each node, at the cost of the codes with an exceptional value and not of all codes."""
    exceptional = exceptional_codes(feature, dtype)
    order = np.argsort(exceptional.codes)
    codes, values = exceptional.codes[order], np.append(exceptional.values[order], exceptional.usual)
    tests = []
    for node in nodes.tolist():
        right = np.where(np.isnan(values), trees.missing_right[node], values > trees.threshold[node]).astype(bool)
        differing = codes[right[:-1] != right[-1]]
        tests.append(pool.test_for_exceptions(differing, bool(right[-1]), feature.probe_count - 1))
    return tests


def goes_right(split: CategorySplit, values: np.ndarray, missing_right: bool) -> np.ndarray:
    """Return which category codes histogram boosting sends right: bool (values,).

    Codes that are missing, negative or unknown go where missing values go (scikit-learn's _predictor.pyx).
    """
    codes = np.where((values >= 0) & (values <= MAX_CATEGORY_CODE), values, 0).astype(int)
    left = _contains(split.left, codes)
    usable = (values >= 0) & (_contains(split.known, codes) | left)
    return np.where(usable, ~left, missing_right)


def _contains(bitset: np.ndarray, codes: np.ndarray) -> np.ndarray:
    contained: np.ndarray = bitset[codes >> 5] >> (codes & 31) & 1 == 1
    return contained
