"""Numbers as text."""

import math

import pytest

from ml_census.training.report.formatting import count, minus, number, percent, percent_range, signed, tick


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.92749, "0.927"),
        (0.08812, "0.0881"),
        (47.888, "47.9"),
        (1234.5, "1,234"),
        (-3.14159, "−3.14"),
        (2.5e12, "2.50e+12"),
        (1e-7, "1.00e-07"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_number_has_three_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_percent_has_one_digit_and_a_fixed_space() -> None:
    assert (percent(0.12345), percent(0.5, 0), percent(math.nan)) == ("12.3\u00a0%", "50\u00a0%", "–")


@pytest.mark.parametrize("share", [0.9025, 1 - 0.0975, 361 / 400])
def test_half_a_tenth_of_a_percent_is_rounded_up(share: float) -> None:
    assert percent(share) == "90.3\u00a0%"


def test_range_of_percentages_has_one_unit() -> None:
    assert percent_range(0.123, 0.5) == "12.3\u00a0to\u00a050.0\u00a0%"
    assert percent_range(math.nan, math.nan) == "–"


@pytest.mark.parametrize(("value", "text"), [(1.5, "+1.50"), (-1.5, "−1.50"), (0, "0")])
def test_signed_number_has_its_sign(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.2, "0.2"), (-150, "−150"), (15_000, "15k"), (2_500_000, "2.5M"), (3e9, "3G")]
)
def test_tick_is_short(value: float, text: str) -> None:
    assert tick(value) == text


def test_count_has_thousands() -> None:
    assert count(12345) == "12,345"


def test_minus_replaces_only_the_first_hyphen() -> None:
    assert minus("-1e-07") == "−1e-07"
