"""Each response has the id of its request."""

import pytest
from flask.testing import FlaskClient

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(("sent", "is_kept"), [("abc-1", True), ("a b", False), ("x" * 129, False), ("", False)])
def test_valid_request_id_is_kept(client: FlaskClient, sent: str, is_kept: bool) -> None:
    assert (client.get("/livez", headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent) is is_kept


@pytest.mark.parametrize(
    ("traceparent", "is_used"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", True),
        (f"01-{TRACE}-00f067aa0ba902b7-01-more", True),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", False),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", False),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE}", False),
    ],
)
def test_trace_id_is_the_default_request_id(client: FlaskClient, traceparent: str, is_used: bool) -> None:
    """The format is that of W3C's Trace Context; an explicit X-Request-Id has priority."""
    headers = {"traceparent": traceparent}

    assert (client.get("/livez", headers=headers).headers["X-Request-Id"] == TRACE) is is_used
    assert client.get("/livez", headers={"X-Request-Id": "a", **headers}).headers["X-Request-Id"] == "a"
