"""The base class of the operations, and the checks of their fields and inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import numpy as np


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


def require(condition: bool) -> None:
    """Raise ValueError if a condition of the fields or inputs of an operation is false."""
    if not condition:
        raise ValueError("an operation has invalid fields or inputs")


def require_numbers(values: Any) -> None:
    """Raise ValueError if the values are no list of finite numbers."""
    require(isinstance(values, list) and all(type(value) in (int, float) and isfinite(value) for value in values))


def require_count(weights: Sequence[float] | None, inputs: Sequence[Shape]) -> None:
    """Raise ValueError if there is no input, or another number of weights than inputs."""
    require(len(inputs) > 0 and (weights is None or len(weights) == len(inputs)))


def width_of(shape: Shape) -> int:
    """Return the number of columns. Raises ValueError for positions of classes."""
    require(not shape.is_position)
    return shape.width


def common_width(inputs: Sequence[Shape]) -> int:
    """Return the number of columns that each input has. Raises ValueError for positions of classes or other widths."""
    require(len(set(inputs)) == 1)
    return width_of(inputs[0])
