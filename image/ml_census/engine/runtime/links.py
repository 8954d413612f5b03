"""Functions that convert the scores of a model to its probabilities, or to the predictions of a regressor.

A score is a result of the model before this function, for example the result of
decision_function() in scikit-learn.
"""

from collections.abc import Callable

import numpy as np

from ml_census.engine.runtime.kernel import exponentials


def _logistic(scores: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # exp(800) overflows to infinity; 1 / infinity is 0, which is correct
        second = 1 / (1 + np.exp(-scores[:, 0]))
    return np.column_stack([1 - second, second])


def _exp(scores: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # as in scikit-learn, the prediction of a large score is infinity
        numbers: np.ndarray = np.exp(scores)
    return numbers


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def _log_likelihood(scores: np.ndarray) -> np.ndarray:
    """Return the softmax of scores, with the rounding of scikit-learn's logarithm of a sum of exponentials."""
    highest = scores.max(axis=1, keepdims=True)
    ties = scores == highest
    count = ties.sum(axis=1, keepdims=True, dtype=np.float64)
    shift = np.where(np.isfinite(highest), highest, 0)
    with np.errstate(divide="ignore", invalid="ignore"):  # for scores that are NaN or minus infinity
        others = np.exp(np.where(ties, -np.inf, scores) - shift).sum(axis=1, keepdims=True)
        logarithm = np.log1p(np.where(others == 0, others, others / count)) + np.log(count) + highest
        probabilities: np.ndarray = np.exp(scores - logarithm)
    return probabilities


def _one_against_rest(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(np.minimum(scores, 0)), np.exp(-np.abs(scores))  # no exponential overflows
    return _shares(powers[0] / (1 + powers[1]))


def _clipped(scores: np.ndarray) -> np.ndarray:
    second = (np.clip(scores[:, 0], -1, 1) + 1) / 2
    return np.column_stack([1 - second, second])


def _clipped_against_rest(scores: np.ndarray) -> np.ndarray:
    return _shares((np.clip(scores, -1, 1) + 1) / 2)


def _shares(values: np.ndarray) -> np.ndarray:
    """Return each value divided by the sum of its row. The values of a row of zeros are equal."""
    sums = values.sum(axis=1, keepdims=True)
    return np.where(sums == 0, 1 / values.shape[1], values / np.where(sums == 0, 1, sums))


def _sigmoids(scores: np.ndarray) -> np.ndarray:
    probabilities: np.ndarray = 1 / (1 + exponentials(-scores))
    return probabilities


def _exact_logistic(scores: np.ndarray) -> np.ndarray:
    """Return the logistic function with the exponentials of libm, as SciPy and LightGBM compute it.

    With the exponentials of NumPy, 501 of 16,281 probabilities of a census model
    differed in the last bit.
    """
    second = _sigmoids(scores)[:, 0]
    return np.column_stack([1 - second, second])


def _exact_softmax(scores: np.ndarray) -> np.ndarray:
    """Return the softmax of float64 or float32 scores, with sums in float64 and in the order of the classes."""
    powers = exponentials(scores - scores.max(axis=1, keepdims=True))
    sums = np.add.accumulate(powers, axis=1, dtype=np.float64)[:, -1:]
    probabilities: np.ndarray = powers / sums.astype(powers.dtype)
    return probabilities


def _xgboost_sigmoid(scores: np.ndarray) -> np.ndarray:
    powers = exponentials(np.minimum(-scores.astype(np.float32), np.float32(88.7)))
    return np.float32(1) / (powers + np.float32(1) + np.float32(1e-16))


def _xgboost_logistic(scores: np.ndarray) -> np.ndarray:
    second = _xgboost_sigmoid(scores)[:, 0]
    return np.column_stack([np.float32(1) - second, second])


def _xgboost_numpy_softmax(scores: np.ndarray) -> np.ndarray:
    """Return what XGBClassifier computes by SciPy for multi:softmax. The last bit depends on the version of NumPy."""
    return _softmax(scores.astype(np.float32))


LIBRARY_LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "lightgbm_exp": exponentials,
    "lightgbm_signed_square": lambda scores: np.sign(scores) * scores * scores,
    "lightgbm_one_against_all": _sigmoids,
    "lightgbm_sigmoid": _sigmoids,
    "lightgbm_logistic": _exact_logistic,
    "lightgbm_softmax": _exact_softmax,
    "xgboost_hinge": lambda scores: np.column_stack([scores[:, 0] <= 0, scores[:, 0] > 0]).astype(np.float32),
    "xgboost_exp": lambda scores: exponentials(scores.astype(np.float32)),
    "xgboost_sigmoid": _xgboost_sigmoid,
    "xgboost_logistic": _xgboost_logistic,
    "xgboost_softmax": lambda scores: _exact_softmax(scores.astype(np.float32)),
}
"""Links whose results equal those of the library to the last bit. The class with the highest probability is predicted.

A link of XGBoost computes in float32. LightGBM and XGBoost choose the class by
probabilities: these can be equal where the scores differ in the last bits.
"""
LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda scores: scores,
    "logistic": _logistic,
    "exact_logistic": _exact_logistic,
    "half_logistic": lambda scores: _exact_logistic(2 * scores),
    "softmax": _softmax,
    "log_likelihood": _log_likelihood,
    "one_against_rest": _one_against_rest,
    "clipped": _clipped,
    "clipped_against_rest": _clipped_against_rest,
    "exp": _exp,
    "outlier": lambda scores: np.where(scores >= 0, 1, -1),
    "xgboost_numpy_softmax": _xgboost_numpy_softmax,
    **LIBRARY_LINKS,
}
"""Name of a link -> the function that converts scores, float64 (rows, scores), to (rows, classes or outputs)."""
_REGRESSOR_LINKS = (
    *("identity", "exp", "outlier", "lightgbm_exp", "lightgbm_sigmoid", "lightgbm_signed_square"),
    *("xgboost_exp", "xgboost_sigmoid"),
)
_BINARY_LINKS = (
    *("logistic", "exact_logistic", "half_logistic", "clipped"),
    *("lightgbm_logistic", "xgboost_logistic", "xgboost_hinge"),
)
_MULTICLASS_LINKS = (
    *("identity", "softmax", "log_likelihood", "one_against_rest", "clipped_against_rest"),
    *("lightgbm_softmax", "lightgbm_one_against_all"),
    *("xgboost_softmax", "xgboost_numpy_softmax"),
)


def output_count(link: object, score_count: int) -> int:
    """Return the number of columns that a link returns for `score_count` scores a row.

    Raises ValueError if `link` is no key of LINKS, or takes another number of scores.
    """
    if not isinstance(link, str) or link not in LINKS or (link in _BINARY_LINKS and score_count != 1):
        raise ValueError("an unknown link, or a link for another number of scores")
    return 2 if link in _BINARY_LINKS else score_count


def are_consistent(classes: object, link: object, score_count: int) -> bool:
    """Return whether a model with these classes and `score_count` scores a row can have this link function.

    `classes` is None for a regressor. `link` is a key of LINKS, or None for a
    classifier without probabilities.
    """
    if classes is None:
        return link in _REGRESSOR_LINKS
    if not isinstance(classes, list) or len(classes) != (2 if score_count == 1 else score_count):
        return False
    if any(isinstance(value, list | dict) for value in classes):
        return False
    return link is None or link in (_BINARY_LINKS if score_count == 1 else _MULTICLASS_LINKS)
