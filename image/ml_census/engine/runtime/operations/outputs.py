"""Operations of estimators for several outputs, for pairs of classes, and for a transformed target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.runtime.linear.number_operations import apply_operations, is_operation
from ml_census.engine.runtime.operations.base import Operation, Shape, require, width_of


@dataclass(frozen=True)
class Concatenate(Operation):
    """The columns of several results."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the columns of all inputs."""
        require(len(inputs) > 0)
        return Shape(sum(map(width_of, inputs)))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the columns: (rows, columns)."""
        return np.hstack(inputs)


@dataclass(frozen=True)
class Columnwise(Operation):
    """Operations on the numbers of each column, such as the inverse of a scaler or the exponential function."""

    operations: list[list[list[Any]]]
    """For each column its operations: the name, a key of OPERATIONS in
    number_operations.py, and the operands."""

    def __post_init__(self) -> None:
        """Raise ValueError if an operation is unknown, or has another number of operands."""
        require(isinstance(self.operations, list) and all(isinstance(column, list) for column in self.operations))
        require(all(is_operation(operation) for column in self.operations for operation in column))

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the input."""
        (numbers,) = inputs
        require(width_of(numbers) == len(self.operations) > 0)
        return numbers

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the numbers of each column after its operations: (rows, columns)."""
        columns = zip(self.operations, inputs[0].T, strict=True)
        return np.column_stack([apply_operations([*map(tuple, each)], numbers) for each, numbers in columns])


@dataclass(frozen=True)
class RestShares(Operation):
    """Probabilities of classes, each from a classifier of the class against the rest; a row of zeros stays as it is."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column for each class."""
        (seconds,) = inputs
        return Shape(max(2, width_of(seconds)))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the probabilities: (rows, classes).

        The sums have the order of Fortran arrays, as in scikit-learn.
        """
        (seconds,) = inputs
        if seconds.shape[1] == 1:
            seconds = np.concatenate([1 - seconds, seconds], axis=1)
        seconds = np.array(seconds, order="F")
        sums = np.sum(seconds, axis=1)[:, np.newaxis]
        return np.asarray(np.divide(seconds, sums, out=seconds, where=sums != 0))


@dataclass(frozen=True)
class PairDecision(Operation):
    """The decision function of OneVsOneClassifier, from the classes and the scores that estimators of pairs give.

    The first half of the inputs are the classes, the second half the scores, both in
    the order of the pairs.
    """

    classes: int
    """The number of classes."""

    def __post_init__(self) -> None:
        """Raise ValueError if the number of classes is no whole number above 1."""
        require(type(self.classes) is int and self.classes > 1)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column for each class."""
        pairs = self.classes * (self.classes - 1) // 2
        require(list(inputs) == [Shape(2, True)] * pairs + [Shape(1)] * pairs)
        return Shape(self.classes)

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the votes of each class, plus the sum of its scores scaled to maximum 1/3: float64 (rows, classes)."""
        votes = np.zeros((len(inputs[0]), self.classes))
        scores = np.zeros_like(votes)
        pairs = [(first, second) for first in range(self.classes) for second in range(first + 1, self.classes)]
        for index, (first, second) in enumerate(pairs):
            chosen, score = inputs[index], inputs[len(pairs) + index][:, 0]
            scores[:, first] -= score
            scores[:, second] += score
            votes[chosen == 0, first] += 1
            votes[chosen == 1, second] += 1
        return np.asarray(votes + scores / (3 * (np.abs(scores) + 1)))
