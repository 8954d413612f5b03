"""Convert the tree splits of a number column to tests on the codes of its ThresholdEncoder.

A pipeline scales, imputes and rounds a number before a tree compares the result with a threshold. The compiler replaces
each threshold by a threshold for the number as the client sends it, the raw number. The new threshold is the largest
raw number that goes to the left child. So the server does not scale, impute or round numbers for a prediction.
"""

from typing import Any, cast

import numpy as np

from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.compiler.trees.float_bisection import largest_where
from ml_census.engine.compiler.trees.node_tests import UINT32_MAX, ColumnSplits, ColumnTests
from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.linear_model import NumericFeature
from ml_census.schema import MAX_FLOAT32

FloatType = type[np.floating[Any]]


def numeric_tests(splits: ColumnSplits) -> ColumnTests:
    """Return the encoder of one number column, and the tests of all nodes that compare features of this column.

    Raises UnsupportedModelError for a scaler that reverses the order of numbers.
    """
    features = [cast(NumericFeature, feature) for feature in splits.features]
    limits, missing_right = [], []
    for number, nodes in zip(features, splits.nodes, strict=True):
        thresholds, inverse = np.unique(splits.trees.threshold[nodes], return_inverse=True)
        limits.append(raw_threshold_for(number, thresholds, splits.dtype)[inverse])
        missing_right.append(_missing_goes_right(number, nodes, splits))
    ranks, inverse = np.unique(np.concatenate(limits), return_inverse=True)
    low = inverse + 2  # numbers up to threshold i have codes up to 1 + i, so numbers above have codes from 2 + i
    # The range ends at the largest uint32, or one after it, at code 0, if a missing value (code 0) goes right as well.
    span = UINT32_MAX - low + np.concatenate(missing_right)
    encoder = ThresholdEncoder(splits.column, ranks, *_accepted_range(features, splits.dtype))
    return ColumnTests(encoder, np.column_stack([np.zeros_like(low), low, span]).astype(np.uint32))


def raw_threshold_for(number: NumericFeature, thresholds: np.ndarray, dtype: FloatType) -> np.ndarray:
    """Return for each threshold the largest raw number whose feature value is at most the threshold.

    A raw number is a value of the column before the operations of the feature `number`. `thresholds` and the result are
    float64 (thresholds,). The result is minus infinity if no number in the range of float32 qualifies. `dtype` is
    the type to which the model rounds feature values. Raises UnsupportedModelError for a scaler that reverses the order
    of numbers.
    """
    if any(name in ("multiply", "divide") and not operand > 0 for name, operand, *_ in number.operations):
        raise UnsupportedModelError("a scaler reverses the order of numbers")

    def goes_left(numbers: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            left: np.ndarray = number.values(numbers).astype(dtype) <= thresholds
        return left

    return largest_where(goes_left, len(thresholds))


def _missing_goes_right(number: NumericFeature, nodes: np.ndarray, splits: ColumnSplits) -> np.ndarray:
    """Return for each node whether a missing value, or its imputed number, goes to the right child: bool (nodes,)."""
    filled = number.values(np.array([np.nan])).astype(splits.dtype)[0]
    trees = splits.trees
    missing_right: np.ndarray = trees.missing_right[nodes] if np.isnan(filled) else filled > trees.threshold[nodes]
    return missing_right


def _accepted_range(numbers: list[NumericFeature], dtype: FloatType) -> tuple[float, float]:
    """Return the smallest and the largest raw number for which no feature value exceeds float32, or infinities."""
    if dtype is not np.float32:
        return -np.inf, np.inf
    return max(map(_lowest_accepted, numbers)), min(map(_highest_accepted, numbers))


def _highest_accepted(number: NumericFeature) -> float:
    limit = float(raw_threshold_for(number, np.array([MAX_FLOAT32]), np.float32)[0])
    return np.inf if limit == MAX_FLOAT32 else limit


def _lowest_accepted(number: NumericFeature) -> float:
    too_low = float(raw_threshold_for(number, np.array([-np.inf]), np.float32)[0])
    return -np.inf if too_low == -np.inf else float(np.nextafter(too_low, np.inf))
