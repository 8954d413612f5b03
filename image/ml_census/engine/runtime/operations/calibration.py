"""Operations of CalibratedClassifierCV, which convert the results of an inner classifier to probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml_census.engine.runtime.kernel import exponentials
from ml_census.engine.runtime.links import LINKS
from ml_census.engine.runtime.operations.base import Operation, Shape, require, require_numbers, width_of

LOG_OFFSET = 1e-12
"""The number that scikit-learn adds to a probability before it takes the logarithm."""
MAX_EXCESS = 1e-5
"""scikit-learn replaces a probability above 1 by 1 if the difference is at most this
number."""


@dataclass(frozen=True)
class Sigmoids(Operation):
    """The logistic function of each column, with a slope and an intercept."""

    slopes: list[float]
    intercepts: list[float]

    def __post_init__(self) -> None:
        """Raise ValueError if the slopes or intercepts are no numbers."""
        require_numbers(self.slopes)
        require_numbers(self.intercepts)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the input."""
        (scores,) = inputs
        require(width_of(scores) == len(self.slopes) == len(self.intercepts))
        return scores

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the logistic function by libm, which SciPy calls: float64 (rows, columns)."""
        scores = inputs[0].astype(np.float64)
        return np.asarray(1 / (1 + exponentials(np.array(self.slopes) * scores + np.array(self.intercepts))))


@dataclass(frozen=True)
class Interpolations(Operation):
    """The linear interpolation of each column between points, as isotonic regression predicts."""

    points: list[list[list[float]]]
    """For each column two lists of the same length: ascending numbers, and their
    values."""
    single: bool
    """True if the points and the results are float32."""

    def __post_init__(self) -> None:
        """Raise ValueError if the points are no lists of numbers, or are not ascending."""
        require(type(self.single) is bool and isinstance(self.points, list))
        for numbers, values in self.points:
            require_numbers(numbers)
            require_numbers(values)
            require(len(numbers) == len(values) > 0 and bool((np.diff(self._array(numbers)) > 0).all()))

    def _array(self, numbers: Sequence[float]) -> np.ndarray:
        return np.array(numbers, dtype=np.float32 if self.single else np.float64)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the input."""
        (scores,) = inputs
        require(width_of(scores) == len(self.points))
        return scores

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the interpolated values: (rows, columns)."""
        (scores,) = inputs
        columns = [
            self._interpolate(scores[:, index], self._array(numbers), self._array(values))
            for index, (numbers, values) in enumerate(self.points)
        ]
        return np.column_stack(columns)

    def _interpolate(self, scores: np.ndarray, numbers: np.ndarray, values: np.ndarray) -> np.ndarray:
        if len(numbers) == 1:
            return np.repeat(values, len(scores))
        scores = np.clip(scores.astype(numbers.dtype), numbers[0], numbers[-1])
        if not self.single:
            return np.asarray(np.interp(scores, numbers, values))
        # SciPy computes float32 by itself, and calls np.interp for float64 alone
        after = np.searchsorted(numbers, scores).clip(1, len(numbers) - 1)
        slopes = (values[after] - values[after - 1]) / (numbers[after] - numbers[after - 1])
        return np.asarray(slopes * (scores - numbers[after - 1]) + values[after - 1])


@dataclass(frozen=True)
class Shares(Operation):
    """Probabilities that add up to 1, from a number for each class, or for the second of two classes."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column for each class."""
        (numbers,) = inputs
        return Shape(max(2, width_of(numbers)))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the probabilities: float64 (rows, classes). The probabilities of a row of zeros are equal."""
        numbers = np.ascontiguousarray(inputs[0], dtype=np.float64)
        if numbers.shape[1] == 1:
            return _without_excess(np.column_stack([1.0 - numbers, numbers]))
        sums = np.sum(numbers, axis=1)[:, np.newaxis]
        equal = np.full_like(numbers, 1 / numbers.shape[1])
        return _without_excess(np.divide(numbers, sums, out=equal, where=sums != 0))


@dataclass(frozen=True)
class Temperature(Operation):
    """The softmax function of scores or logarithms of probabilities, divided by a temperature."""

    beta: float
    """The reciprocal of the temperature."""
    of_probabilities: bool
    """True if the inputs are probabilities."""

    def __post_init__(self) -> None:
        """Raise ValueError if a field has another type."""
        require_numbers([self.beta])
        require(type(self.of_probabilities) is bool)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column for each class."""
        (scores,) = inputs
        return Shape(max(2, width_of(scores)))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the probabilities in the type of the inputs: (rows, classes)."""
        return _without_excess(LINKS["softmax"](inputs[0].dtype.type(self.beta) * self._logits(inputs[0])))

    def _logits(self, scores: np.ndarray) -> np.ndarray:
        if not self.of_probabilities:
            return scores if scores.shape[1] > 1 else np.concatenate([-scores, scores], axis=1)
        if scores.shape[1] == 2:  # scikit-learn takes the probability of the second class alone
            scores = np.concatenate([1 - scores[:, 1:], scores[:, 1:]], axis=1)
        return np.asarray(np.log(scores + LOG_OFFSET))


def _without_excess(probabilities: np.ndarray) -> np.ndarray:
    probabilities[(probabilities > 1.0) & (probabilities <= 1.0 + MAX_EXCESS)] = 1.0
    return probabilities
