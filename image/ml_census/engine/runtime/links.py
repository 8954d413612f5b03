"""Link functions: from a model's scores to probabilities, or to a regressor's numbers."""

from collections.abc import Callable

import numpy as np


def _logistic(scores: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # exp(800) overflows to infinity, and 1 / infinity is the 0 that is wanted
        second = 1 / (1 + np.exp(-scores[:, 0]))
    return np.column_stack([1 - second, second])


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda scores: scores,
    "logistic": _logistic,
    "half_logistic": lambda scores: _logistic(2 * scores),
    "softmax": _softmax,
    "exp": np.exp,
}
"""The link functions by name: float64 (rows, scores) to float64 (rows, classes or outputs)."""


def are_consistent(classes: object, link: object, score_count: int) -> bool:
    """Return whether a model with these classes and this many scores a row can have this link."""
    if classes is None:
        return link in ("identity", "exp")
    if not isinstance(classes, list) or len(classes) != (2 if score_count == 1 else score_count):
        return False
    if any(isinstance(value, list | dict) for value in classes):
        return False
    return link is None or link in (("logistic", "half_logistic") if score_count == 1 else ("identity", "softmax"))
