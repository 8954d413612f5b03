"""Confidence intervals of shares and means."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from ml_census.training.evaluation.intervals import Estimate, mean, share


@pytest.mark.parametrize(("count", "rows"), [(0, 5), (5, 5), (1, 40), (260, 1000)])
def test_interval_of_a_share_is_that_of_wilson(count: int, rows: int) -> None:
    expected = binomtest(count, rows).proportion_ci(0.95, method="wilson")

    estimate = share(np.arange(rows) < count)

    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))
    assert (estimate.value, estimate.count, estimate.of) == (count / rows, count, rows)


def test_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])
    expected = norm.interval(0.95, loc=4, scale=values.std(ddof=1) / 2)

    estimate = mean(values)

    assert (estimate.low, estimate.high) == pytest.approx(expected)
    assert (estimate.value, estimate.count, estimate.of) == (4, None, 4)


def test_mean_of_one_row_has_no_bounds() -> None:
    estimate = mean(np.array([3.0]))

    assert (estimate.value, estimate.low, estimate.high) == (3, -np.inf, np.inf)


@pytest.mark.parametrize("function", [mean, share])
def test_estimate_without_rows_is_not_a_number(function: Callable[[np.ndarray], Estimate]) -> None:
    estimate = function(np.array([], dtype=bool))

    assert np.isnan([estimate.value, estimate.low, estimate.high]).all()
    assert estimate.of == 0
