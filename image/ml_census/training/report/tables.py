"""Tables with bars: errors by group, errors by range of the true value, and importance of the columns."""

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

    `value` is None without rows. `low` and `high` equal `value` if the rows are too few for an interval. `mark` is
    "higher" or "lower" if the interval does not include the estimate for all rows, otherwise empty.
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
    """The positions of one measure: the lowest and the highest bound among `estimates` span the width of the cell."""

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
        text = signed if self._name == "signed" else number
        interval = f"{text(estimate.low)} to {text(estimate.high)}" if np.isfinite(estimate.high) else "no interval"
        return text(estimate.value), interval

    def _mark(self, estimate: Estimate) -> str:
        if estimate.low > self._overall.value:
            return "higher"
        return "lower" if estimate.high < self._overall.value else ""


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
    high = max((item.mean for item in importances.items), default=0.0)
    lines = []
    for item in importances.items:
        width = round(100 * max(0.0, item.mean) / high, 1) if high > 0 else 0.0
        text, deviation = (_decrease(importances.measure, value) for value in (item.mean, item.deviation))
        lines.append(Line(item.column, 0, [Bar(text, f"± {deviation}", width, 0.0, width, 0.0)]))
    return lines


def _decrease(measure: str, value: float) -> str:
    if measure == "mae":
        return number(value)
    scaled, digits = (100 * value, 1) if measure == "accuracy" else (value, 3)
    return minus(f"{round(scaled, digits) + 0:.{digits}f}")  # + 0 removes the sign of -0.0


def _finite(values: list[float]) -> list[float]:
    return [value for value in values if np.isfinite(value)]
