"""Estimates with their 95 % confidence intervals."""

from dataclasses import dataclass

import numpy as np

Z = 1.959963984540054
"""Quantile of the normal distribution for a two-sided interval of 95 %."""


@dataclass(frozen=True)
class Estimate:
    """A share or a mean over `of` rows, and the bounds of its 95 % confidence interval.

    `count` is the number of rows that a share counts; None for a mean. Without rows,
    the three numbers are NaN.
    """

    value: float
    low: float
    high: float
    of: int
    count: int | None = None


def share(counted: np.ndarray) -> Estimate:
    """Return the share of true values, with the Wilson score interval (1927). `counted` is bool (rows,)."""
    count, rows = int(counted.sum()), len(counted)
    if not rows:
        return Estimate(np.nan, np.nan, np.nan, 0, 0)
    value = count / rows
    scale = 1 + Z**2 / rows
    centre = (value + Z**2 / (2 * rows)) / scale
    half = Z * np.sqrt(value * (1 - value) / rows + Z**2 / (4 * rows**2)) / scale
    low, high = max(0.0, float(centre - half)), min(1.0, float(centre + half))
    return Estimate(value, min(low, value), max(high, value), rows, count)


def mean(values: np.ndarray) -> Estimate:
    """Return the mean, with the interval of the normal distribution. `values` is float64 (rows,)."""
    rows = len(values)
    if not rows:
        return Estimate(np.nan, np.nan, np.nan, 0)
    value = float(values.mean())
    half = Z * float(values.std(ddof=1)) / rows**0.5 if rows > 1 else np.inf
    return Estimate(value, value - half, value + half, rows)
