"""The tests of tree nodes that split by a set of category codes, as each library evaluates them."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ml_census.engine.sklearn_internals import CategorySplit

FloatType = type[np.floating[Any]]

MAX_CATEGORY_CODE = 255
"""Maximum category code in a HistGradientBoosting* model, whose bitsets have 256
bits."""


class CategorySplitTest(Protocol):
    """The test of a node that splits by category codes."""

    def goes_right(self, values: np.ndarray, missing_right: bool) -> np.ndarray:
        """Return whether each value of the feature goes to the right child: floats (values,) to bool (values,).

        A value can be NaN, a missing value, which goes to the right child if
        `missing_right`.
        """

    def limits(self, dtype: FloatType) -> np.ndarray:
        """Return numbers between which the result does not change, in the given dtype.

        The result is the same for all numbers above one limit, up to and including the
        next.
        """


@dataclass(frozen=True)
class HistogramSplitTest:
    """The test of a HistGradientBoosting* model."""

    split: CategorySplit

    def goes_right(self, values: np.ndarray, missing_right: bool) -> np.ndarray:
        """Return whether each category code goes to the right child: floats (values,) to bool (values,).

        Missing, negative and unknown codes go to the child of missing values, which is
        the right child if `missing_right`. The file _predictor.pyx of scikit-learn does
        the same.
        """
        codes = np.where((values >= 0) & (values <= MAX_CATEGORY_CODE), values, 0).astype(int)
        left = _contains(self.split.left, codes)
        usable = (values >= 0) & (_contains(self.split.known, codes) | left)
        return np.where(usable, ~left, missing_right)

    def limits(self, dtype: FloatType) -> np.ndarray:
        """Return the largest number below each code, in the given dtype."""
        return _below(np.arange(MAX_CATEGORY_CODE + 2), dtype)


@dataclass(frozen=True)
class CategorySetTest:
    """The test of a model of XGBoost or LightGBM: whether a number, cut to a whole number, is in a set of codes."""

    codes: np.ndarray
    """int64 (codes,): the set of whole numbers from 0, ascending."""
    set_goes_right: bool
    """True if the codes of the set go to the right child, as in XGBoost. LightGBM sends
    these codes to the left."""
    above: float
    """Numbers up to this one are in no set: -1 in LightGBM, and the largest number
    below 0 in XGBoost."""

    def goes_right(self, values: np.ndarray, missing_right: bool) -> np.ndarray:
        """Return whether each value goes to the right child: floats (values,) to bool (values,)."""
        size = int(self.codes[-1]) + 1 if len(self.codes) else 0
        table = np.zeros(size + 1, dtype=bool)  # the last item is for numbers that are no code
        table[self.codes] = True
        is_code = (values > self.above) & (values < size)
        is_in_set = table[np.where(is_code, values, size).astype(np.int64)]
        return np.where(np.isnan(values), missing_right, is_in_set == self.set_goes_right)

    def limits(self, dtype: FloatType) -> np.ndarray:
        """Return the largest number before each code and in it, in the given dtype."""
        limits = _below(np.concatenate([self.codes, self.codes + 1]), dtype)
        return np.append(limits, dtype(self.above))


def _below(codes: np.ndarray, dtype: FloatType) -> np.ndarray:
    limits: np.ndarray = np.nextafter(codes.astype(dtype), dtype(-np.inf))
    return limits


def _contains(bitset: np.ndarray, codes: np.ndarray) -> np.ndarray:
    contained: np.ndarray = bitset[codes >> 5] >> (codes & 31) & 1 == 1
    return contained
