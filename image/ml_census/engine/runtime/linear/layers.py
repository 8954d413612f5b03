"""The layers of a LayeredModel. A layer computes numbers of rows from other numbers: float64 (rows, n) to (rows, m).

The arrays of a layer come from a file. The constructor raises ValueError for arrays of
another type or shape.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from ml_census.engine.runtime.finite import require_finite, require_logarithms


@dataclass(frozen=True)
class Layer:
    """Base class of the layers."""

    dimensions: ClassVar[dict[str, int]]
    """Name of each array -> the number of its dimensions."""

    def __post_init__(self) -> None:
        """Raise ValueError if an array has another type or shape, NaN or an infinite number."""
        for name, count in self.dimensions.items():
            array = getattr(self, name)
            if array.dtype != np.float64 or array.ndim != count:
                raise ValueError(f"{name} must be float64 with {count} axes")
            (require_logarithms if name == "log_priors" else require_finite)(name, array)
        if not self._has_valid_shapes():
            raise ValueError("the arrays of a layer do not match each other")

    def _has_valid_shapes(self) -> bool:
        raise NotImplementedError

    @property
    def settings(self) -> dict[str, Any]:
        """The values of all fields but the arrays, as JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in self.dimensions}

    @property
    def input_count(self) -> int:
        """The number of inputs of each row."""
        raise NotImplementedError

    @property
    def output_count(self) -> int:
        """The number of outputs of each row."""
        raise NotImplementedError

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the outputs of rows: float64 (rows, input_count) to float64 (rows, output_count)."""
        raise NotImplementedError


@dataclass(frozen=True)
class _LogDensity(Layer):
    """For each class, the logarithm of its probability and of the density of a normal distribution.

    The result is `log_priors + (constants - squares / 2)`. Additions in this order give
    the same rounding as scikit-learn.
    """

    means: np.ndarray
    """(classes, features)."""
    spreads: np.ndarray
    constants: np.ndarray
    """(classes,): half of the logarithm of the determinants, and of the power of 2 pi, with a minus sign."""
    log_priors: np.ndarray
    """(classes,). Minus infinity for a class of probability 0."""

    def _has_valid_shapes(self) -> bool:
        classes, features = self.means.shape
        return (self.spreads.shape[0], self.spreads.shape[-1]) == (
            classes,
            features,
        ) and self.constants.shape == self.log_priors.shape == (classes,)

    @property
    def input_count(self) -> int:
        """The number of features."""
        return int(self.means.shape[1])

    @property
    def output_count(self) -> int:
        """The number of classes."""
        return len(self.means)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the logarithms: float64 (rows, classes)."""
        pairs = zip(self.means, self.spreads, strict=True)
        squares = np.column_stack([self._squares(values - mean, spread) for mean, spread in pairs])
        logarithms: np.ndarray = self.log_priors + (self.constants - 0.5 * squares)
        return logarithms

    def _squares(self, differences: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Return the squared distance to the mean for one class: float64 (rows, features) to (rows,)."""
        raise NotImplementedError


@dataclass(frozen=True)
class IndependentNormals(_LogDensity):
    """Normal distributions of independent features. `spreads` are the variances: (classes, features)."""

    dimensions = {"means": 2, "spreads": 2, "constants": 1, "log_priors": 1}

    def _squares(self, differences: np.ndarray, spread: np.ndarray) -> np.ndarray:
        squares: np.ndarray = np.sum(differences**2 / spread, axis=1)
        return squares


@dataclass(frozen=True)
class RotatedNormals(_LogDensity):
    """Normal distributions of dependent features. `spreads` has a matrix for each class: (classes, n, features).

    The product of this matrix with the differences from the mean has independent
    components of variance 1. This order of axes gives the same rounding as in
    scikit-learn, whose matrix is the transpose of a result of SVD.
    """

    dimensions = {"means": 2, "spreads": 3, "constants": 1, "log_priors": 1}

    def _squares(self, differences: np.ndarray, spread: np.ndarray) -> np.ndarray:
        squares: np.ndarray = np.sum((differences @ spread.T) ** 2, axis=1)
        return squares


def _sigmoid(values: np.ndarray) -> np.ndarray:
    powers: np.ndarray = np.exp(np.minimum(values, 0)) / (1 + np.exp(-np.abs(values)))  # no exponential overflows
    return powers


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda values: values,
    "relu": lambda values: np.maximum(values, 0),
    "tanh": np.tanh,
    "logistic": _sigmoid,
}
"""Name of an activation function in scikit-learn -> the function."""


@dataclass(frozen=True)
class Dense(Layer):
    """Layer of a neural network: an activation function of the inputs, then weights: `f(inputs) @ weights + base`."""

    activation: str
    """A key of ACTIVATIONS."""
    weights: np.ndarray
    """(inputs, outputs)."""
    base: np.ndarray
    """(outputs,)."""

    dimensions = {"weights": 2, "base": 1}

    def _has_valid_shapes(self) -> bool:
        is_known = isinstance(self.activation, str) and self.activation in ACTIVATIONS
        return is_known and self.base.shape == self.weights.shape[1:]

    @property
    def input_count(self) -> int:
        """The number of inputs of each row."""
        return len(self.weights)

    @property
    def output_count(self) -> int:
        """The number of outputs of each row."""
        return len(self.base)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the outputs of rows: float64 (rows, inputs) to float64 (rows, outputs)."""
        outputs: np.ndarray = ACTIVATIONS[self.activation](values) @ self.weights + self.base
        return outputs


LAYERS: dict[str, type[Layer]] = {layer.__name__: layer for layer in (IndependentNormals, RotatedNormals, Dense)}
"""Name -> class, for the reader of compiled.npz."""
