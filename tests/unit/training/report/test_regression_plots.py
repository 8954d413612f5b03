"""Plots of a regressor."""

import numpy as np
import pytest

from ml_census.training.evaluation.regression import Regression, evaluate_regression
from ml_census.training.report.plot import Plot
from ml_census.training.report.regression_plots import regression_plots
from support.evaluations import Case


@pytest.fixture
def plots(regression: Case) -> list[Plot]:
    result: Regression | None = regression.evaluation.regression
    assert result is not None
    return regression_plots(result)


def test_scatter_plots_have_a_point_for_each_row(regression: Case, plots: list[Plot]) -> None:
    for plot in plots[:2]:
        (points,) = [layer for layer in plot.layers if layer.style == "points faded accent"]
        assert points.path.count("h0") == len(regression.truth)


def test_predictions_and_true_values_have_equal_axes(plots: list[Plot]) -> None:
    assert plots[0].x.ticks == plots[0].y.ticks


def test_histogram_table_counts_all_rows(regression: Case, plots: list[Plot]) -> None:
    assert sum(int(row[1]) for row in plots[2].rows) == len(regression.truth)


def test_exact_constant_predictions_are_drawn() -> None:
    constant = np.full(5, 3.0)

    plots = regression_plots(evaluate_regression(constant, constant))

    assert [plot.title for plot in plots] == [
        "Predicted and true values",
        "Errors by prediction",
        "Distribution of the errors",
    ]
