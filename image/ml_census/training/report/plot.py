"""A plot: layers of SVG paths, which stretch with the page, and axes of HTML text, which keeps its size.

The texts of an SVG image shrink with the image. On a phone of 390 pixels they were 9
pixels high.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ml_census.training.report.formatting import percent, tick

SIZE = 1000
"""Width and height of the viewBox of each plot."""
INTERVALS = 4
"""Approximate number of intervals between the ticks of an axis (4)."""


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, with the value and the text of each tick."""

    title: str
    low: float
    high: float
    ticks: list[tuple[float, str]]

    def share(self, value: float) -> float:
        """Return the position of a value on the axis, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    def coordinates(self, values: Sequence[float] | np.ndarray) -> list[int]:
        """Return the positions of values on the axis, from 0 to SIZE."""
        shares = (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low)
        return [int(position) for position in np.rint(SIZE * np.clip(shares, 0, 1))]


def share_axis(title: str, high: float = 1.0) -> Axis:
    """Return an axis for shares from 0 to `high`, with percentages."""
    axis = number_axis(title, 0, high, lambda value: percent(value, 0))
    return axis if high < 1 else Axis(title, 0, 1, [(value, percent(value, 0)) for value in (0, 0.25, 0.5, 0.75, 1)])


def count_axis(title: str, high: int) -> Axis:
    """Return an axis for counts from 0 to at least `high`, with ticks at integers."""
    axis = number_axis(title, 0, max(high, 1))
    return replace(axis, ticks=[(value, text) for value, text in axis.ticks if float(value).is_integer()])


def number_axis(title: str, low: float, high: float, text: Callable[[float], str] = tick) -> Axis:
    """Return an axis that includes `low` and `high`, with ticks at multiples of 1, 2 or 5 times a power of ten."""
    if not low < high:
        low, high = low - 1, high + 1
    rough = (high - low) / INTERVALS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * min((1, 2, 5, 10), key=lambda factor: abs(factor * power - rough))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [(index * step, text(round(index * step, 12))) for index in range(first, last + 1)]
    return Axis(title, first * step, last * step, ticks)


@dataclass(frozen=True)
class Layer:
    """A part of a plot. `style` has the CSS classes of the path, such as "line accent"."""

    style: str
    path: str


@dataclass(frozen=True)
class Plot:
    """A plot with a heading, a text that describes the plot, and its figures as a table.

    `legend` has CSS classes and a text for each colour. `header` and `rows` are the
    table.
    """

    title: str
    description: str
    x: Axis
    y: Axis
    layers: list[Layer]
    legend: list[tuple[str, str]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


Numbers = Sequence[float] | np.ndarray


def line(style: str, x: Axis, y: Axis, xs: Numbers, ys: Numbers) -> Layer:
    """Return a line through points."""
    return Layer(f"line {style}", _polyline(x.coordinates(xs), y.coordinates(ys)))


def area(style: str, x: Axis, y: Axis, xs: Numbers, low: Numbers, high: Numbers) -> Layer:
    """Return the area between two lines."""
    across = x.coordinates(xs)
    return Layer(
        f"area {style}",
        _polyline([*across, *across[::-1]], [*y.coordinates(high), *y.coordinates(low)[::-1]]) + "z",
    )


def points(style: str, x: Axis, y: Axis, xs: Numbers, ys: Numbers) -> Layer:
    """Return points, each a line of length 0 with a round cap, which stays a circle when the plot stretches."""
    pairs = zip(x.coordinates(xs), y.coordinates(ys), strict=True)
    return Layer(f"points {style}", "".join(f"M{across} {SIZE - up}h0" for across, up in pairs))


def whiskers(style: str, x: Axis, y: Axis, xs: Numbers, low: Numbers, high: Numbers) -> Layer:
    """Return a vertical line for each interval."""
    intervals = zip(x.coordinates(xs), y.coordinates(low), y.coordinates(high), strict=True)
    return Layer(
        f"line {style}", "".join(f"M{across} {SIZE - bottom}V{SIZE - top}" for across, bottom, top in intervals)
    )


def bars(style: str, x: Axis, y: Axis, edges: Numbers, heights: Numbers) -> Layer:
    """Return the filled bars of a histogram."""
    across, base = x.coordinates(edges), SIZE - y.coordinates([max(0.0, y.low)])[0]
    path = "".join(
        f"M{left} {base}V{SIZE - top}H{right}V{base}z"
        for left, right, top in zip(across, across[1:], y.coordinates(heights), strict=False)
        if SIZE - top != base
    )
    return Layer(f"bars {style}", path)


def _polyline(across: list[int], up: list[int]) -> str:
    """Return a path through points, without points that repeat the one before."""
    pairs = [f"{left} {SIZE - height}" for left, height in zip(across, up, strict=True)]
    kept = [pair for index, pair in enumerate(pairs) if not index or pair != pairs[index - 1]]
    return "M" + "L".join(kept)
