"""Functions that convert the scores of a model to its probabilities, or to the predictions of a regressor.

A score is a result of the model before this function, for example the result of decision_function() in scikit-learn.
"""

from collections.abc import Callable

import numpy as np


def _logistic(scores: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # exp(800) overflows to infinity; 1 / infinity is 0, which is correct
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
"""Name -> function that converts scores, float64 (rows, scores), to float64 (rows, classes or outputs)."""


def are_consistent(classes: object, link: object, score_count: int) -> bool:
    """Return whether a model with these classes and `score_count` scores a row can have this link function.

    `classes` is None for a regressor. `link` is a key of LINKS, or None for a classifier without probabilities.
    """
    if classes is None:
        return link in ("identity", "exp")
    if not isinstance(classes, list) or len(classes) != (2 if score_count == 1 else score_count):
        return False
    if any(isinstance(value, list | dict) for value in classes):
        return False
    return link is None or link in (("logistic", "half_logistic") if score_count == 1 else ("identity", "softmax"))
