"""Tables with bars: errors by group, errors by range of the true value, and importance of the columns."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ml_census.training.evaluation import Evaluation
from ml_census.training.evaluation.importance import Importances
from ml_census.training.evaluation.intervals import Estimate
from ml_census.training.report.formatting import NONE, count, minus, number, percent, signed

NAMES = {
    "wrong": "Wrong",
    "false_positives": "False positives",
    "false_negatives": "False negatives",
    "absolute": "Mean absolute error",
    "signed": "Mean error",
}


@dataclass(frozen=True)
class Bar:
    """An estimate as text and as a bar: positions in percent of the width of the cell.

    `value` is None without rows. `low` and `high` equal `value` if the rows are too few
    for an interval. `mark` is "higher" or "lower" if the interval does not include the
    estimate for all rows, otherwise empty. A mean error has "above" and "below"
    instead, because neither is better.
    """

    text: str
    detail: str
    value: float | None
    low: float
    high: float
    overall: float
    mark: str = ""


@dataclass(frozen=True)
class Line:
    """A row of a table: its name, its number of rows, and its bars."""

    name: str
    rows: int
    bars: list[Bar]


@dataclass(frozen=True)
class BarTable:
    """A table with a bar for each row and measure."""

    title: str
    header: list[str]
    lines: list[Line]


class Scale:
    """The scale of the bars of one measure.

    A cell begins at 0 and ends at the highest bound. For the mean error (`signed`), a
    cell begins at the lowest bound below 0. The intervals of groups with fewer than
    MIN_ROWS rows do not count.
    """

    def __init__(self, name: str, overall: Estimate, estimates: Iterable[Estimate]) -> None:
        """Initialize with the estimate for all rows and the estimates for the groups."""
        self._name, self._overall = name, overall
        values = [overall, *estimates]
        highs = [value.value for value in values] + [value.high for value in values if value.of >= MIN_ROWS]
        lows = [value.value for value in values] + [value.low for value in values if value.of >= MIN_ROWS]
        self._high = max(_finite(highs), default=0.0)
        self._low = min(0.0, *_finite(lows)) if name == "signed" else 0.0

    def bar(self, estimate: Estimate) -> Bar:
        """Return the bar of an estimate."""
        overall = self._position(self._overall.value)
        if not estimate.of:
            return Bar(NONE, "no rows", None, overall, overall, overall)
        bounds = (estimate.low, estimate.high) if np.isfinite(estimate.high) else (estimate.value, estimate.value)
        value, low, high = (self._position(value) for value in (estimate.value, *bounds))
        text, detail = self._texts(estimate)
        return Bar(text, detail, value, low, high, overall, self._mark(estimate))

    def _position(self, value: float) -> float:
        width = self._high - self._low or 1.0
        return round(100 * min(1.0, max(0.0, (value - self._low) / width)), 1)

    def _texts(self, estimate: Estimate) -> tuple[str, str]:
        if estimate.count is not None:
            return percent(estimate.value), f"{count(estimate.count)} of {count(estimate.of)}"
        interval = f"{self._text(estimate.low)} to {self._text(estimate.high)}"
        return self._text(estimate.value), interval if np.isfinite(estimate.high) else "no interval"

    def _text(self, value: float) -> str:
        if self._name != "signed":
            return number(value)
        return signed(value if abs(value) > ROUNDING * (self._high - self._low) else 0.0)

    def _mark(self, estimate: Estimate) -> str:
        higher, lower = ("above", "below") if self._name == "signed" else ("higher", "lower")
        if estimate.low > self._overall.value:
            return higher
        return lower if estimate.high < self._overall.value else ""


ROUNDING = 1e-9
"""Maximum mean error that counts as 0, as a share of the width of the scale (1e-9)."""
MIN_ROWS = 10
"""Minimum number of rows of a group whose interval the scale of a bar includes (10)."""


def group_tables(evaluation: Evaluation) -> list[BarTable]:
    """Return a table for each group column. The first line of each table is all rows."""
    names, overall = list(evaluation.overall), evaluation.overall
    scales = {name: Scale(name, overall[name], (group.measures[name] for group in evaluation.groups)) for name in names}
    every = Line("All rows", evaluation.rows, [scales[name].bar(overall[name]) for name in names])
    tables = []
    for column, groups in groupby(evaluation.groups, key=lambda group: group.column):
        lines = [
            Line(group.value, group.rows, [scales[name].bar(group.measures[name]) for name in names])
            for group in groups
        ]
        tables.append(BarTable(column, [NAMES[name] for name in names], [every, *lines]))
    return tables


def range_table(evaluation: Evaluation) -> BarTable | None:
    """Return the errors by fifths of the true value, or None for a classifier."""
    if evaluation.regression is None:
        return None
    ranges, overall = evaluation.regression.ranges, evaluation.overall
    absolute = Scale("absolute", overall["absolute"], (part.absolute for part in ranges))
    directed = Scale("signed", overall["signed"], (part.signed for part in ranges))
    lines = [
        Line(_range(part.low, part.high), part.absolute.of, [absolute.bar(part.absolute), directed.bar(part.signed)])
        for part in ranges
    ]
    every = Line("All rows", evaluation.rows, [absolute.bar(overall["absolute"]), directed.bar(overall["signed"])])
    return BarTable("True value", [NAMES["absolute"], NAMES["signed"]], [every, *lines])


def _range(low: float, high: float) -> str:
    return f"{number(low)} to {number(high)}" if low != high else number(low)


def importance_lines(importances: Importances) -> list[Line]:
    """Return a line for each column, with a bar from 0 to the importance. An accuracy is in percentage points."""
    factor = 100 if importances.measure == "accuracy" else 1
    high = factor * max((item.mean for item in importances.items), default=0.0)
    digits = {"accuracy": 1, "roc_auc": 3}.get(importances.measure, _digits(high))
    lines = []
    for item in importances.items:
        width = round(100 * max(0.0, factor * item.mean) / high, 1) if high > 0 else 0.0
        text, deviation = (_fixed(factor * value, digits) for value in (item.mean, item.deviation))
        lines.append(Line(item.column, 0, [Bar(text, f"± {deviation}", width, 0.0, width, 0.0)]))
    return lines


def _digits(high: float) -> int:
    """Return the number of decimals that gives `high` three significant digits."""
    return max(0, 2 - math.floor(math.log10(high))) if high > 0 else 2


def _fixed(value: float, digits: int) -> str:
    return minus(f"{round(value, digits) + 0:,.{digits}f}")  # + 0 removes the sign of -0.0


def _finite(values: list[float]) -> list[float]:
    return [value for value in values if np.isfinite(value)]
