"""Distribution of the errors of a regressor. An error is the prediction minus the true value."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import mean_absolute_error, median_absolute_error, r2_score, root_mean_squared_error

from ml_census.training.evaluation.intervals import Estimate, mean

MAX_POINTS = 800
"""Maximum number of test rows that a scatter plot shows (800)."""
HISTOGRAM_BINS = 30
QUANTILES = 5


@dataclass(frozen=True)
class RangeError:
    """Errors of the test rows with true values from `low` to `high`, both included.

    `absolute` is the mean absolute error. `signed` is the mean error, positive if
    predictions are too high.
    """

    low: float
    high: float
    absolute: Estimate
    signed: Estimate


@dataclass(frozen=True)
class Regression:
    """Errors of a regressor on the test rows.

    `truth` and `predicted` are the values of at most MAX_POINTS sampled rows: float64
    (points,). `counts` counts the errors of all rows between `edges`: int64 (bins,),
    float64 (bins + 1,). The first and the last bin also count the errors outside of the
    edges. `quantiles` are the 5 %, 50 % and 95 % quantiles of the errors. `ranges` has
    the errors by fifths of the true value.
    """

    truth: np.ndarray
    predicted: np.ndarray
    counts: np.ndarray
    edges: np.ndarray
    quantiles: tuple[float, float, float]
    ranges: list[RangeError]


def evaluate_regression(truth: np.ndarray, predicted: np.ndarray) -> Regression:
    """Return the errors of the predictions. Both arrays are float64 (rows,)."""
    errors = predicted - truth
    sample = np.sort(np.random.default_rng(0).permutation(len(truth))[:MAX_POINTS])
    edges = histogram_edges(errors)
    low, middle, high = np.quantile(errors, [0.05, 0.5, 0.95]).tolist()
    return Regression(
        truth=truth[sample],
        predicted=predicted[sample],
        counts=np.histogram(np.clip(errors, edges[0], edges[-1]), edges)[0],
        edges=edges,
        quantiles=(low, middle, high),
        ranges=_ranges(truth, errors),
    )


def measure_regression(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return the metrics by name. R² needs two rows."""
    metrics = {"r2": r2_score(truth, predicted)} if len(truth) > 1 else {}
    metrics |= {
        "mae": mean_absolute_error(truth, predicted),
        "rmse": root_mean_squared_error(truth, predicted),
        "median_error": median_absolute_error(truth, predicted),
    }
    return {name: float(value) for name, value in metrics.items()}


def histogram_edges(errors: np.ndarray) -> np.ndarray:
    """Return edges that are symmetric around 0 and include 99 % of the errors: float64 (HISTOGRAM_BINS + 1,)."""
    limit = float(np.quantile(np.abs(errors), 0.99)) or 1.0
    return np.linspace(-limit, limit, HISTOGRAM_BINS + 1)


def _ranges(truth: np.ndarray, errors: np.ndarray) -> list[RangeError]:
    edges = np.unique(np.quantile(truth, np.arange(1, QUANTILES) / QUANTILES))
    positions = np.searchsorted(edges, truth)
    parts = [positions == position for position in np.unique(positions)]
    return [
        RangeError(float(truth[here].min()), float(truth[here].max()), mean(np.abs(errors[here])), mean(errors[here]))
        for here in parts
    ]
