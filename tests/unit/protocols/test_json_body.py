"""JSON bodies."""

import math

import pytest

from ml_census.protocols.json_body import MalformedBodyError, parse_object, replace_non_finite


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is not JSON: Expecting value at line 1 column 1"),
        (b"\xff", "the body is not UTF-8 text"),
        (b"[" * 10_000, "the body is nested too deeply"),
        (b"9" * 5000, r"the body has a number with too many digits \(maximum 4300\)"),
        (b'{"a": 1, "a": 2}', 'duplicate name "a" in an object of the body'),
        (b"[]", "an object, please"),
    ],
    ids=["empty", "not UTF-8", "nested", "digits", "duplicate", "list"],
)
def test_other_body_than_one_object_is_rejected(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedBodyError, match=reason):
        parse_object(body, "an object, please")


def test_nan_is_parsed_or_converted() -> None:
    """The schema reports the place of NaN; MLflow's protocol reads it as null."""
    assert math.isnan(parse_object(b'{"a": NaN}', "")["a"])
    assert parse_object(b'{"a": NaN}', "", lambda _: None) == {"a": None}


def test_non_finite_numbers_in_nested_lists_become_null() -> None:
    assert replace_non_finite([[1.0, math.nan], math.inf, "x"]) == [[1.0, None], None, "x"]
