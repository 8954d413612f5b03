"""Check that the arrays of a model have finite numbers. A single NaN would be the result of each row."""

import numpy as np


class NotFiniteError(ValueError):
    """Report NaN or an infinite number in an array of a model. The message names the array, in one line."""


def require_finite(name: str, numbers: np.ndarray) -> None:
    """Raise NotFiniteError if a number is NaN or infinite."""
    if not np.isfinite(numbers).all():
        raise NotFiniteError(f"{name} has NaN or an infinite number")


def require_logarithms(name: str, numbers: np.ndarray) -> None:
    """Raise NotFiniteError if a number is NaN or infinity. Minus infinity is the logarithm of the probability 0."""
    if not (numbers < np.inf).all():
        raise NotFiniteError(f"{name} has NaN or infinity")
