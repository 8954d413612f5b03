"""Operations for voting, thresholds and means, which several composed estimators use."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml_census.engine.runtime.links import LINKS, output_count
from ml_census.engine.runtime.operations.base import (
    Operation,
    Shape,
    common_width,
    require,
    require_count,
    require_numbers,
    width_of,
)


@dataclass(frozen=True)
class Link(Operation):
    """Convert the scores of one model with a link function, a key of LINKS in links.py."""

    link: str

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column for each class or output."""
        (scores,) = inputs
        return Shape(output_count(self.link, width_of(scores)))

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
        require(type(self.zero_is_second) is bool)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of positions of at least two classes."""
        (scores,) = inputs
        return Shape(max(width_of(scores), 2), True)

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
        require_numbers([self.threshold])
        require(self.positive in (0, 1) and type(self.positive) is int and type(self.double) is bool)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of positions of two classes."""
        (compared,) = inputs
        require(width_of(compared) <= 2)
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
            require_numbers(self.weights)
            require(np.array(self.weights).sum() != 0)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape that all inputs have."""
        require_count(self.weights, inputs)
        return Shape(common_width(inputs))

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
        require_numbers(self.weights)
        require(type(self.classes) is int)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column for each class."""
        require_count(self.weights, inputs)
        require(set(inputs) == {Shape(self.classes, True)})
        return Shape(self.classes)

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the sums: float64 (rows, classes)."""
        rows = np.arange(len(inputs[0]))
        sums = np.zeros((len(rows), self.classes))
        for positions, weight in zip(inputs, self.weights, strict=True):
            sums[rows, positions] += weight
        return sums


@dataclass(frozen=True)
class Sum(Operation):
    """The sum of several results of the same width, divided by a number."""

    divisor: float
    double: bool
    """True if the sum starts with a float64, so that it is float64 for float32 inputs."""

    def __post_init__(self) -> None:
        """Raise ValueError if a field has another type, or the divisor is 0."""
        require_numbers([self.divisor])
        require(self.divisor != 0 and type(self.double) is bool)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape that all inputs have."""
        require_count(None, inputs)
        return Shape(common_width(inputs))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the sum in the order of the inputs, divided by the divisor: (rows, width)."""
        first = inputs[0].astype(np.float64) if self.double else inputs[0]
        return np.asarray(sum(inputs[1:], first) / self.divisor)


@dataclass(frozen=True)
class Spread(Operation):
    """The columns of a result at other positions, among columns of zeros.

    An inner classifier that knows fewer classes has no probabilities of the others.
    """

    columns: list[int]
    """For each column of the input, its position in the result."""
    width: int
    """The number of columns of the result."""

    def __post_init__(self) -> None:
        """Raise ValueError if a field has another type, or a position is out of range or repeated."""
        require(isinstance(self.columns, list) and type(self.width) is int)
        require(all(type(column) is int and 0 <= column < self.width for column in self.columns))
        require(len(set(self.columns)) == len(self.columns))

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of `width` columns."""
        (narrow,) = inputs
        require(width_of(narrow) == len(self.columns))
        return Shape(self.width)

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the columns among columns of zeros: float64 (rows, width)."""
        wide = np.zeros((len(inputs[0]), self.width))
        wide[:, self.columns] = inputs[0]
        return wide


@dataclass(frozen=True)
class Lookup(Operation):
    """A row of numbers for each class."""

    table: list[list[float]]
    """For each class its numbers, all rows of the same length."""

    def __post_init__(self) -> None:
        """Raise ValueError if the table has no rows, or rows of different lengths."""
        require(isinstance(self.table, list) and len(self.table) > 0)
        for row in self.table:
            require_numbers(row)
        require(len({len(row) for row in self.table}) == 1)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of a row of the table."""
        (positions,) = inputs
        require(positions == Shape(len(self.table), True))
        return Shape(len(self.table[0]))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the row of the class of each row: float64 (rows, width)."""
        return np.asarray(np.array(self.table, dtype=np.float64)[inputs[0]])


@dataclass(frozen=True)
class Select(Operation):
    """Some of the columns of a result."""

    columns: list[int]
    """The positions of the columns."""

    def __post_init__(self) -> None:
        """Raise ValueError if the positions are no list of whole numbers, or negative."""
        require(isinstance(self.columns, list))
        require(all(type(column) is int and column >= 0 for column in self.columns))

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of the selected columns."""
        (numbers,) = inputs
        require(max(self.columns, default=-1) < width_of(numbers))
        return Shape(len(self.columns))

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the columns: (rows, columns)."""
        return np.asarray(inputs[0][:, self.columns])
