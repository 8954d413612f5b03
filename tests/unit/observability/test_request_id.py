"""The id of a request is the client's, else that of its trace, else a new one."""

import re

import pytest

from ml_census.observability.request_id import request_id, trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(("sent", "is_kept"), [("abc-1", True), ("a b", False), ("x" * 129, False), ("", False)])
def test_valid_id_of_the_client_is_kept(sent: str, is_kept: bool) -> None:
    assert (request_id(sent) == sent) is is_kept


@pytest.mark.parametrize(
    ("traceparent", "expected"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", TRACE),
        (f"01-{TRACE}-00f067aa0ba902b7-01-more", TRACE),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", ""),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", ""),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        (f"00-{TRACE}", ""),
    ],
)
def test_trace_id_is_read_as_w3c_describes_it(traceparent: str, expected: str) -> None:
    assert trace_id(traceparent) == expected


def test_new_id_has_32_hex_digits_and_is_not_repeated() -> None:
    first, second = request_id(""), request_id("", "no traceparent")

    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second
