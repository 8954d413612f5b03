"""Operations of AdaBoostClassifier and AdaBoostRegressor."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml_census.engine.runtime.operations.base import (
    Operation,
    Shape,
    require,
    require_numbers,
    width_of,
)


@dataclass(frozen=True)
class BoostingDecision(Operation):
    """The decision function of AdaBoostClassifier, from the sum over the inner estimators."""

    total: float
    """The sum of the weights of the inner estimators."""

    def __post_init__(self) -> None:
        """Raise ValueError if the total is no number, or 0."""
        require_numbers([self.total])
        require(self.total != 0)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column for two classes, else of a column for each class."""
        (sums,) = inputs
        require(width_of(sums) >= 2)
        return Shape(1 if sums.width == 2 else sums.width)

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the decisions: float64 (rows, 1) for two classes, else (rows, classes)."""
        decisions = inputs[0] / self.total
        if decisions.shape[1] > 2:
            return decisions
        decisions[:, 0] *= -1
        return np.asarray(decisions.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class BoostingLogits(Operation):
    """The numbers of which the softmax function gives the probabilities of AdaBoostClassifier."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column for each class."""
        (decisions,) = inputs
        require(width_of(decisions) != 2)
        return Shape(max(2, decisions.width))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the numbers: float64 (rows, classes).

        The result is in Fortran order, as in scikit-learn: NumPy adds the numbers of a
        row in an order that depends on the memory layout.
        """
        (decisions,) = inputs
        if decisions.shape[1] == 1:
            return np.vstack([-decisions[:, 0], decisions[:, 0]]).T / 2
        return np.asfortranarray(decisions / (decisions.shape[1] - 1))


@dataclass(frozen=True)
class WeightedMedian(Operation):
    """The weighted median of the numbers of each row, as AdaBoostRegressor computes it."""

    weights: list[float]
    """A weight for each number of a row."""

    def __post_init__(self) -> None:
        """Raise ValueError if the weights are no numbers."""
        require_numbers(self.weights)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column."""
        require(sum(map(width_of, inputs)) == len(self.weights) > 0)
        return Shape(1)

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the medians: (rows, 1)."""
        numbers = np.hstack(inputs)
        order = np.argsort(numbers, axis=1)
        sums = np.cumsum(np.array(self.weights)[order], axis=1)
        position = (sums >= 0.5 * sums[:, -1:]).argmax(axis=1)
        rows = np.arange(len(numbers))
        return np.asarray(numbers[rows, order[rows, position]][:, np.newaxis])
