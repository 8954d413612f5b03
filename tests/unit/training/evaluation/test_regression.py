"""Errors of a regressor."""

import numpy as np
import pytest

from ml_census.training.evaluation.regression import (
    MAX_POINTS,
    evaluate_regression,
    histogram_edges,
    measure_regression,
)
from support.evaluations import Case


def test_histogram_counts_each_error_once(regression: Case) -> None:
    result = regression.evaluation.regression
    assert result is not None

    assert result.counts.sum() == len(regression.truth)
    assert result.edges[0] == -result.edges[-1]


def test_quantiles_of_the_errors_are_those_of_numpy(regression: Case) -> None:
    errors = regression.predicted - regression.truth
    result = regression.evaluation.regression
    assert result is not None

    assert result.quantiles == pytest.approx(tuple(np.quantile(errors, [0.05, 0.5, 0.95])))


def test_ranges_have_the_errors_of_a_small_table() -> None:
    truth = np.arange(10.0)
    predicted = truth + np.array([1, 1, 0, 0, 0, 0, 0, 0, -2, -4.0])

    ranges = evaluate_regression(truth, predicted).ranges

    assert [(part.low, part.high, part.absolute.of) for part in ranges] == [
        (0, 1, 2), (2, 3, 2), (4, 5, 2), (6, 7, 2), (8, 9, 2)
    ]  # fmt: skip
    assert [part.absolute.value for part in ranges] == [1, 0, 0, 0, 3]
    assert [part.signed.value for part in ranges] == [1, 0, 0, 0, -3]


def test_scatter_plot_has_a_sample_of_many_rows() -> None:
    truth = np.arange(3000.0)

    result = evaluate_regression(truth, truth + 1)

    assert len(result.truth) == MAX_POINTS
    assert (result.predicted == result.truth + 1).all()


def test_exact_predictions_have_edges() -> None:
    assert histogram_edges(np.zeros(5))[[0, -1]].tolist() == [-1, 1]


def test_one_row_has_no_explained_variance() -> None:
    assert measure_regression(np.array([3.0]), np.array([5.0])) == {"mae": 2, "rmse": 2, "median_error": 2}
