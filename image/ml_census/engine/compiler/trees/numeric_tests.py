"""Convert the tree splits of a number column to tests on the codes of its ThresholdEncoder.

A pipeline scales, imputes and rounds a number before a tree compares the result with a
threshold. The compiler replaces each threshold by a threshold for the number as the
client sends it, the raw number. The new threshold is the largest raw number that goes
to the left child. So the server does not scale, impute or round numbers for a
prediction. If a feature does not rise with the raw number, several raw thresholds
replace each threshold: see number_pieces.py.
"""

from typing import Any, NamedTuple, cast

import numpy as np

from ml_census.engine.compiler.pipeline.features import MaskedFeature
from ml_census.engine.compiler.trees.float_bisection import largest_where
from ml_census.engine.compiler.trees.node_tests import UINT32_MAX, BitsetPool, ColumnSplits, ColumnTests, NodeTest
from ml_census.engine.compiler.trees.number_pieces import (
    crossings,
    exact_values,
    is_accepted,
    only_rises,
    piece_ends,
    rounded_values,
)
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes
from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.schema import MAX_FLOAT32

FloatType = type[np.floating[Any]]


class _NumberSplits(NamedTuple):
    """The nodes that compare one feature of a number column, and the limits of raw numbers between their children."""

    number: NumericFeature
    nodes: np.ndarray
    """int64 (nodes,): positions of the nodes in `trees`."""
    trees: TreeNodes
    dtype: FloatType
    thresholds: np.ndarray
    """float64 (n,): the distinct thresholds of the nodes that split by threshold,
    ascending."""
    limits: np.ndarray
    """float64 (n,): for each of `thresholds`, the largest raw number that goes left."""
    further_limits: np.ndarray
    """float64 (m,): raw numbers next to those that a mask or a split by category treats
    differently, and all limits of a feature that does not rise with the raw number."""
    is_set: bool
    """Whether the numbers on one side of a threshold can be several ranges."""


def numeric_tests(splits: ColumnSplits, pool: BitsetPool) -> ColumnTests:
    """Return the encoder of one number column, and the tests of all nodes that compare features of this column.

    Appends bitsets to `pool`, for nodes that split by category, or compare a feature
    with a mask or a feature that does not rise with the raw number.
    """
    features = [cast(NumericFeature, feature) for feature in splits.features]
    by_feature = [_number_splits(number, nodes, splits) for number, nodes in zip(features, splits.nodes, strict=True)]
    ranks = np.unique(np.concatenate([limits for each in by_feature for limits in (each.limits, each.further_limits)]))
    tests = [_set_tests(each, ranks, pool) if each.is_set else _range_tests(each, ranks) for each in by_feature]
    rejected = _rejected_codes(features, ranks, splits)
    encoder = ThresholdEncoder(splits.column, ranks, *_accepted_range(features, splits), rejected)
    return ColumnTests(encoder, np.concatenate(tests).astype(np.uint32))


def _number_splits(number: NumericFeature, nodes: np.ndarray, splits: ColumnSplits) -> _NumberSplits:
    trees, dtype = splits.trees, splits.dtype
    category_nodes = [node for node in nodes.tolist() if node in trees.by_category] if trees.by_category else []
    thresholds = np.unique(trees.threshold[np.setdiff1d(nodes, category_nodes)])
    further = [np.zeros(0)]
    if category_nodes:
        codes = np.unique(np.concatenate([trees.by_category[node].limits(dtype) for node in category_nodes]))
        further.append(_raw_limits(number, codes, dtype))
    if isinstance(number, MaskedFeature) and number.mask.low <= number.mask.high:
        edges = np.array([np.nextafter(number.mask.low, -np.inf), number.mask.high])
        further.append(_raw_limits(number, edges, np.float64))
    limits, is_set = _raw_limits(number, thresholds, dtype), len(further) > 1
    if not only_rises(number):
        further.append(_raw_limits(number, np.array([-np.inf, MAX_FLOAT32]), np.float32))
        further, limits, is_set = [*further, limits], np.zeros(0), True
    return _NumberSplits(number, nodes, trees, dtype, thresholds, limits, np.concatenate(further), is_set)


def _raw_limits(number: NumericFeature, thresholds: np.ndarray, dtype: FloatType) -> np.ndarray:
    """Return the raw numbers after which the feature crosses thresholds, for a rising feature one for each."""
    if only_rises(number):
        return raw_threshold_for(number, thresholds, dtype)
    return crossings(rounded_values(number, dtype), thresholds, piece_ends(number))


def _range_tests(splits: _NumberSplits, ranks: np.ndarray) -> np.ndarray:
    """Return a test for each node, int64 (nodes, 3): numbers above its threshold go right."""
    thresholds = np.searchsorted(splits.thresholds, splits.trees.threshold[splits.nodes])
    # Numbers up to threshold i have codes up to 1 + i, so numbers above have codes from
    # 2 + i.
    low = np.searchsorted(ranks, splits.limits[thresholds]) + 2
    # The range ends at the largest uint32, or one after it, at code 0, if a missing
    # value (code 0) goes right as well.
    span = UINT32_MAX - low + _missing_goes_right(splits)
    return np.column_stack([np.zeros_like(low), low, span])


def _set_tests(splits: _NumberSplits, ranks: np.ndarray, pool: BitsetPool) -> np.ndarray:
    """Return a test for each node, int64 (nodes, 3), from the child of one number for each code."""
    number, trees = splits.number, splits.trees
    with np.errstate(over="ignore"):
        values = exact_values(number)(np.concatenate([[np.nan], ranks, [MAX_FLOAT32]]))
        values = (number.mask.apply(values) if isinstance(number, MaskedFeature) else values).astype(splits.dtype)
    tests: dict[Any, NodeTest] = {}
    keys: list[Any] = []
    for node in splits.nodes.tolist():
        threshold, missing_right = trees.threshold[node], bool(trees.missing_right[node])
        by_category = trees.by_category.get(node)
        keys.append(node if by_category else (threshold, missing_right))
        if keys[-1] not in tests:
            above = np.where(np.isnan(values), missing_right, values > np.float64(threshold))
            tests[keys[-1]] = pool.test_for(by_category.goes_right(values, missing_right) if by_category else above)
    return np.array([tests[key] for key in keys], dtype=np.int64)


def raw_threshold_for(number: NumericFeature, thresholds: np.ndarray, dtype: FloatType) -> np.ndarray:
    """Return for each threshold the largest raw number whose feature value is at most the threshold.

    A raw number is a value of the column before the operations of the feature `number`.
    `thresholds` and the result are float64 (thresholds,). The result is minus infinity
    if no number in the range of float32 qualifies. `dtype` is the type to which the
    model rounds feature values. The feature must rise with the raw number.
    """

    def goes_left(numbers: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            left: np.ndarray = number.values(numbers).astype(dtype) <= thresholds
        return left

    return largest_where(goes_left, len(thresholds))


def _missing_goes_right(splits: _NumberSplits) -> np.ndarray:
    """Return for each node whether a missing value, or its imputed number, goes to the right child: bool (nodes,)."""
    filled = splits.number.values(np.array([np.nan])).astype(splits.dtype)[0]
    trees, nodes = splits.trees, splits.nodes
    missing_right: np.ndarray = trees.missing_right[nodes] if np.isnan(filled) else filled > trees.threshold[nodes]
    return missing_right


def _accepted_range(numbers: list[NumericFeature], splits: ColumnSplits) -> tuple[float, float]:
    """Return the smallest and the largest raw number that the model accepts, or infinities.

    scikit-learn's trees reject a feature value that exceeds float32. XGBoost rounds
    such a value to infinity. For features that do not rise with the raw number, see
    _rejected_codes().
    """
    rising = [number for number in numbers if only_rises(number)]
    if not _rejects_infinity(splits) or not rising:
        return -np.inf, np.inf
    return max(map(_lowest_accepted, rising)), min(map(_highest_accepted, rising))


def _rejects_infinity(splits: ColumnSplits) -> bool:
    return splits.dtype is np.float32 and not splits.accepts_infinity


def _rejected_codes(numbers: list[NumericFeature], ranks: np.ndarray, splits: ColumnSplits) -> list[int]:
    """Return the codes of the raw numbers that the model rejects, of features that do not rise with the raw number."""
    rejected = np.zeros(len(ranks) + 1, dtype=bool)
    for number in numbers:
        if _rejects_infinity(splits) and not only_rises(number):
            rejected |= ~is_accepted(number, splits.accepts_missing)(np.append(ranks, MAX_FLOAT32))
    codes: list[int] = (np.flatnonzero(rejected) + 1).tolist()
    return codes


def _highest_accepted(number: NumericFeature) -> float:
    limit = float(raw_threshold_for(number, np.array([MAX_FLOAT32]), np.float32)[0])
    return np.inf if limit == MAX_FLOAT32 else limit


def _lowest_accepted(number: NumericFeature) -> float:
    too_low = float(raw_threshold_for(number, np.array([-np.inf]), np.float32)[0])
    return -np.inf if too_low == -np.inf else float(np.nextafter(too_low, np.inf))
