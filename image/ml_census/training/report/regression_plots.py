"""Plots of the errors of a regressor."""

import numpy as np

from ml_census.training.evaluation.regression import Regression
from ml_census.training.report.formatting import count, number, tick
from ml_census.training.report.plot import Plot, bars, count_axis, line, number_axis, points


def regression_plots(regression: Regression) -> list[Plot]:
    """Return predictions against true values, errors against predictions, and the distribution of the errors."""
    return [_predicted_and_true(regression), _errors(regression), _error_histogram(regression)]


def _predicted_and_true(regression: Regression) -> Plot:
    low = float(min(regression.truth.min(), regression.predicted.min()))
    high = float(max(regression.truth.max(), regression.predicted.max()))
    x, y = number_axis("True value", low, high), number_axis("Predicted value", low, high)
    return Plot(
        "Predicted and true values",
        "Scatter plot of predicted against true values. Points on the dotted line are exact.",
        x,
        y,
        [
            points("faded accent", x, y, regression.truth, regression.predicted),
            line("guide", x, y, [x.low, x.high], [x.low, x.high]),
        ],
        [("dots accent", f"{count(len(regression.truth))} rows"), ("guide", "exact prediction")],
    )


def _errors(regression: Regression) -> Plot:
    errors = regression.predicted - regression.truth
    limit = float(np.abs(errors).max())
    x = number_axis("Predicted value", float(regression.predicted.min()), float(regression.predicted.max()))
    y = number_axis("Error: prediction minus true value", -limit, limit)
    return Plot(
        "Errors by prediction",
        "Scatter plot of the errors against the predictions. Good predictions scatter evenly around zero.",
        x,
        y,
        [points("faded accent", x, y, regression.predicted, errors), line("guide", x, y, [x.low, x.high], [0, 0])],
        [("dots accent", f"{count(len(errors))} rows"), ("guide", "exact prediction")],
    )


def _error_histogram(regression: Regression) -> Plot:
    edges, counts = regression.edges, regression.counts
    x = number_axis("Error: prediction minus true value", float(edges[0]), float(edges[-1]))
    y = count_axis("Rows", int(counts.max()))
    low, _middle, high = regression.quantiles
    return Plot(
        "Distribution of the errors",
        f"Histogram of the errors. 90 % of the errors are between {number(low)} and {number(high)}.",
        x,
        y,
        [bars("accent", x, y, edges, counts), line("guide", x, y, [0, 0], [y.low, y.high])],
        [("accent", "rows"), ("guide", "exact prediction")],
        ["Error", "Rows"],
        _error_table(edges, counts),
    )


def _error_table(edges: np.ndarray, counts: np.ndarray) -> list[list[str]]:
    """Return a row for each three bins of the histogram."""
    return [
        [f"{tick(float(edges[first]))} to {tick(float(edges[first + 3]))}", count(counts[first : first + 3].sum())]
        for first in range(0, len(counts), 3)
    ]
