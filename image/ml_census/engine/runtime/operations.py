"""Operations that a composed model applies to the results of its inner models, such as the mean of VotingClassifier.

An operation gets the results of earlier parts of a Composition. Numbers are float64 or
float32 (rows, width). Positions of classes are integers (rows,). An operation makes the
same NumPy calls as scikit-learn, in the same order. So equal results of inner models
give equal results of the composed model, to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ml_census.engine.runtime.links import LINKS, output_count


class Shape(NamedTuple):
    """The shape of the result of a part of a Composition."""

    width: int
    """The number of columns. For positions of classes, the number of classes."""
    is_position: bool = False
    """True for positions of classes, integers (rows,). False for numbers (rows,
    width)."""


@dataclass(frozen=True)
class Operation:
    """Base class of the operations.

    The fields come from a file. The constructor raises ValueError or TypeError if the
    fields are invalid.
    """

    exact = True
    """Equal inputs give the results of scikit-learn, to the last bit."""

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the result for inputs of the given shapes. Raises ValueError for other inputs."""
        raise NotImplementedError

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the result for the results of the parts that are the inputs of this operation."""
        raise NotImplementedError


@dataclass(frozen=True)
class Link(Operation):
    """Convert the scores of one model with a link function, a key of LINKS in links.py."""

    link: str

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return one column for each class or output."""
        (scores,) = inputs
        return Shape(output_count(self.link, _numbers(scores)))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the probabilities or numbers: (rows, classes or outputs)."""
        return LINKS[self.link](inputs[0])


@dataclass(frozen=True)
class Choose(Operation):
    """Choose the class with the highest number. For one number, choose the second class if the number is above 0."""

    zero_is_second: bool = False
    """True if a single number of exactly 0 means the second class."""

    def __post_init__(self) -> None:
        """Raise ValueError if a field has another type."""
        _require(type(self.zero_is_second) is bool)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of positions of at least two classes."""
        (scores,) = inputs
        return Shape(max(_numbers(scores), 2), True)

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the position of the class of each row: integers (rows,)."""
        (scores,) = inputs
        if scores.shape[1] > 1:
            return np.asarray(scores.argmax(axis=1))
        return (scores[:, 0] >= 0 if self.zero_is_second else scores[:, 0] > 0).astype(np.intp)


@dataclass(frozen=True)
class Threshold(Operation):
    """Choose one of two classes: the positive class if its number is not below the threshold.

    The inputs are the probabilities of both classes, or one score, which is positive
    for the second class.
    """

    threshold: float
    positive: int
    """The position of the positive class, 0 or 1."""
    double: bool
    """True if float32 numbers are compared as float64 with the threshold, as NumPy does
    for a threshold of type np.float64."""

    def __post_init__(self) -> None:
        """Raise ValueError if a field has another type or is out of range."""
        _require_numbers([self.threshold])
        _require(self.positive in (0, 1) and type(self.positive) is int and type(self.double) is bool)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of positions of two classes."""
        (numbers,) = inputs
        _require(_numbers(numbers) <= 2)
        return Shape(2, True)

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the position of the class of each row: integers (rows,)."""
        (numbers,) = inputs
        if numbers.shape[1] == 2:
            compared = numbers[:, self.positive]
        else:
            compared = numbers[:, 0] if self.positive else -1 * numbers[:, 0]
        if self.double:
            compared = compared.astype(np.float64)
        return np.where(compared >= self.threshold, self.positive, 1 - self.positive)


@dataclass(frozen=True)
class Mean(Operation):
    """The mean of several results of the same width, with a weight for each result or without weights."""

    weights: list[float] | None = None

    def __post_init__(self) -> None:
        """Raise ValueError if the weights are no numbers, or have the sum 0."""
        if self.weights is not None:
            _require_numbers(self.weights)
            _require(np.array(self.weights).sum() != 0)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of each input."""
        _require_count(self.weights, inputs)
        return Shape(_common_width(inputs))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the mean: (rows, width)."""
        return np.asarray(np.average(np.asarray(inputs), axis=0, weights=self.weights))


@dataclass(frozen=True)
class Votes(Operation):
    """The sum of the weights of the models that choose each class."""

    weights: list[float]
    classes: int
    """The number of classes."""

    def __post_init__(self) -> None:
        """Raise ValueError if a field has another type."""
        _require_numbers(self.weights)
        _require(type(self.classes) is int)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return one column for each class."""
        _require_count(self.weights, inputs)
        _require(set(inputs) == {Shape(self.classes, True)})
        return Shape(self.classes)

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the sums: float64 (rows, classes)."""
        rows = np.arange(len(inputs[0]))
        sums = np.zeros((len(rows), self.classes))
        for positions, weight in zip(inputs, self.weights, strict=True):
            sums[rows, positions] += weight
        return sums


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError("an operation has invalid fields or inputs")


def _require_numbers(values: Sequence[Any]) -> None:
    _require(isinstance(values, list) and all(type(value) in (int, float) and isfinite(value) for value in values))


def _require_count(weights: Sequence[float] | None, inputs: Sequence[Shape]) -> None:
    _require(len(inputs) > 0 and (weights is None or len(weights) == len(inputs)))


def _numbers(shape: Shape) -> int:
    """Return the number of columns. Raises ValueError for positions of classes."""
    _require(not shape.is_position)
    return shape.width


def _common_width(inputs: Sequence[Shape]) -> int:
    """Return the number of columns of all inputs. Raises ValueError for positions of classes or different widths."""
    _require(len(set(inputs)) == 1)
    return _numbers(inputs[0])


OPERATIONS: dict[str, type[Operation]] = {each.__name__: each for each in (Link, Choose, Threshold, Mean, Votes)}
"""Name of an operation in compiled.npz -> its class."""
