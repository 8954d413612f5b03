"""Encode a column's values as small whole numbers, which are all that the compiled trees test.

The code of a category is its position among the known ones. The code of a number is how many of the trees' thresholds
lie below the number. Code 0 is a missing value.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import cast

import numpy as np

from ml_census.engine.predictor import PredictionError
from ml_census.schema import NAN, Value

MISSING = 0
OUT_OF_RANGE = "beyond the range of float32 once it is scaled"


class CategoryEncoder:
    """Codes 1, 2, ... for the known categories in their order, and the next code for all unknown ones."""

    column_type = "category"

    def __init__(self, column: int, values: list[Value]) -> None:
        """Initialize with the position of the column in the schema, and its categories without the missing value.

        Raises ValueError if the categories are no list.
        """
        if not isinstance(values, list):
            raise ValueError("categories must be a list")
        self.column = column
        self.values = values
        self.unknown = len(self.values) + 1
        self.count = len(self.values) + 2
        self._codes: dict[Value, int] = {value: code for code, value in enumerate(self.values, 1)}
        self._codes |= {None: MISSING, NAN: MISSING}

    def encode_one(self, value: Value) -> int:
        """Return the code of one value."""
        return self._codes.get(value, self.unknown)

    def encode(self, values: Sequence[Value]) -> np.ndarray:
        """Return the codes of many values as uint32 (values,)."""
        try:
            codes = [self._codes[value] for value in values]
        except KeyError:
            codes = [self.encode_one(value) for value in values]
        return np.array(codes, dtype=np.uint32)


class ThresholdEncoder:
    """Code 1 + the number of thresholds below the number: `x <= thresholds[i]` is `code <= i + 1`.

    A whole number beyond 2**53 is rounded to float64 first.
    """

    column_type = "number"

    def __init__(self, column: int, thresholds: np.ndarray, low: float, high: float) -> None:
        """Initialize with the position of the column in the schema, the thresholds and the accepted range of numbers.

        `thresholds`: float64 (thresholds,), strictly ascending. Numbers outside of `low` ... `high` raise
        PredictionError: once scaled, scikit-learn rejects them as well. Raises ValueError for any other arguments.
        """
        if thresholds.dtype != np.float64 or thresholds.ndim != 1 or not (np.diff(thresholds) > 0).all():
            raise ValueError("thresholds must be float64 in ascending order")
        if not (isinstance(low, float) and isinstance(high, float) and low <= high):
            raise ValueError("low and high must be numbers, and low must not be above high")
        self.column = column
        self.thresholds = thresholds
        self.low, self.high = low, high
        self.count = len(thresholds) + 2
        self._sorted: list[float] = thresholds.tolist()  # bisect reads a list four times faster than an array

    def encode_one(self, value: Value) -> int:
        """Return the code of one number. Raises PredictionError for a number out of range."""
        number = float(cast(float, value))
        if self.low <= number <= self.high:
            return bisect_left(self._sorted, number) + 1
        if number == number:
            raise PredictionError(0) from OverflowError(OUT_OF_RANGE)
        return MISSING

    def encode(self, values: Sequence[Value]) -> np.ndarray:
        """Return the codes of many numbers as int64 (values,). Raises PredictionError for a number out of range."""
        numbers = np.array(values, dtype=np.float64)
        outside = (numbers < self.low) | (numbers > self.high)
        if outside.any():
            raise PredictionError(int(outside.argmax())) from OverflowError(OUT_OF_RANGE)
        codes = np.searchsorted(self.thresholds, numbers) + 1
        codes[np.isnan(numbers)] = MISSING
        return codes


Encoder = CategoryEncoder | ThresholdEncoder
