"""Axes and layers of plots."""

import pytest

from ml_census.training.report.plot import Axis, area, bars, count_axis, line, number_axis, points, share_axis, whiskers

UNIT = Axis("unit", 0, 1, [])
TEN = Axis("ten", 0, 10, [])


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, ["0", "2", "4", "6", "8", "10"]),
        (-7, 12, ["−10", "−5", "0", "5", "10", "15"]),
        (0, 0.033, ["0", "0.01", "0.02", "0.03", "0.04"]),
        (25_000, 346_000, ["0", "100k", "200k", "300k", "400k"]),
        (3, 3, ["2", "2.5", "3", "3.5", "4"]),
    ],
)
def test_ticks_are_round_numbers_around_the_values(low: float, high: float, ticks: list[str]) -> None:
    axis = number_axis("x", low, high)

    assert [text for _value, text in axis.ticks] == ticks
    assert axis.low == axis.ticks[0][0] <= low <= high <= axis.ticks[-1][0] == axis.high


def test_axis_of_counts_has_integers() -> None:
    assert [text for _value, text in count_axis("x", 1).ticks] == ["0", "1"]
    assert [text for _value, text in count_axis("x", 2).ticks] == ["0", "1", "2"]


def test_axis_of_shares_is_in_percent() -> None:
    assert [text for _value, text in share_axis("x").ticks] == [f"{share}\u00a0%" for share in (0, 25, 50, 75, 100)]
    assert [text for _value, text in share_axis("x", 0.34).ticks] == [
        f"{share}\u00a0%" for share in (0, 10, 20, 30, 40)
    ]


def test_line_goes_through_its_points_with_y_upwards() -> None:
    assert line("accent", TEN, UNIT, [0, 5, 5, 10], [0, 0.5, 0.5, 1]).path == "M0 1000L500 500L1000 0"


def test_value_outside_of_the_axis_is_at_its_end() -> None:
    assert line("accent", UNIT, UNIT, [-1, 2], [0, 1]).path == "M0 1000L1000 0"


def test_area_is_closed() -> None:
    assert area("accent", UNIT, UNIT, [0, 1], [0, 0], [1, 0.5]).path == "M0 0L1000 500L1000 1000L0 1000z"


def test_points_are_lines_of_length_zero() -> None:
    assert points("accent", UNIT, UNIT, [0.25], [1]).path == "M250 0h0"


def test_whiskers_are_vertical() -> None:
    assert whiskers("accent", UNIT, UNIT, [0.5], [0.25], [0.75]).path == "M500 750V250"


def test_bars_stand_on_zero_and_leave_empty_bins_out() -> None:
    assert bars("accent", UNIT, TEN, [0, 0.5, 1], [10, 0]).path == "M0 1000V0H500V1000z"
