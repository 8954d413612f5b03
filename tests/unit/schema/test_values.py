"""Parsing of single values: numbers, dates and text as clients write them."""

from typing import Any

import pytest

from ml_census.schema import MAX_FLOAT32, InvalidValueError
from ml_census.schema.values import describe_value, parse_date, parse_number, parse_scalar, parse_text


@pytest.mark.parametrize(
    ("text", "number"),
    [(".94", 0.94), ("-.5", -0.5), ("13.", 13.0), ("+7", 7), ("+7.5e+2", 750.0), (" 7 ", 7), ("-0", 0), ("007", 7)],
)
def test_number_is_parsed_in_each_notation(text: str, number: float) -> None:
    value = parse_number(text)

    assert (value, type(value)) == (number, type(number))


@pytest.mark.parametrize("text", [".", "+", "-.", "e5", "1e", "1,5", "1_000", "0x1f", "inf", "Infinity", "1 2", "--1"])
def test_other_text_is_not_a_number(text: str) -> None:
    with pytest.raises(InvalidValueError, match="a number"):
        parse_number(text)


@pytest.mark.parametrize("value", [MAX_FLOAT32, -MAX_FLOAT32])
def test_largest_float32_is_a_number(value: float) -> None:
    assert parse_number(value) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, "1e999", 2 * MAX_FLOAT32])
def test_number_beyond_float32_is_rejected(value: Any) -> None:
    with pytest.raises(InvalidValueError, match="a finite number within the range of float32"):
        parse_number(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-05", "2024-03-05T00:00:00"),
        (" 2024-03-05T10:30:00 ", "2024-03-05T10:30:00"),
        ("2024-03-05 10:30:00.250", "2024-03-05T10:30:00.250000"),
        ("2024-03-05T10:30:00Z", "2024-03-05T10:30:00"),
        ("2024-03-05T10:30:00+02:00", "2024-03-05T08:30:00"),
    ],
)
def test_date_in_iso_8601_is_converted_to_utc(text: str, expected: str) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize("value", ["05.03.2024", "garbage", 1709632800000, True, "0001-01-01T00:00:00+14:00"])
def test_other_value_is_not_a_date(value: Any) -> None:
    with pytest.raises(InvalidValueError, match="a date in ISO 8601"):
        parse_date(value)


def test_text_with_nul_is_rejected() -> None:
    """numpy drops a NUL at the end of text: scikit-learn and the compiled model would see two categories."""
    with pytest.raises(InvalidValueError, match="text without NUL"):
        parse_text("Private\0")


def test_text_with_a_lone_surrogate_is_rejected() -> None:
    with pytest.raises(InvalidValueError, match="text in Unicode without lone surrogates"):
        parse_text("\ud800")


@pytest.mark.parametrize("value", [[], ["nested"], {"a": 1}])
def test_nested_value_is_rejected(value: Any) -> None:
    with pytest.raises(InvalidValueError, match="a single value"):
        parse_scalar(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, 2], "a list of 2 values"),
        ({"a": 1}, "an object of 1 values"),
        ("x" * 40, "x" * 40),
        ("x" * 41, "x" * 40 + "…"),
        (float("inf"), "inf"),
        (10**400, "a number of many digits"),
        (None, None),
        (True, True),
    ],
)
def test_value_is_described_short_and_as_json(value: Any, expected: Any) -> None:
    assert describe_value(value) == expected
