"""Each response has the id of its request."""

import pytest
from flask.testing import FlaskClient

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Request-Id": "abc-1"}, "abc-1"),
        ({"traceparent": TRACEPARENT}, TRACE),
        ({"X-Request-Id": "abc-1", "traceparent": TRACEPARENT}, "abc-1"),
    ],
    ids=["own", "trace", "both"],
)
def test_response_has_the_id_of_the_request(client: FlaskClient, headers: dict[str, str], expected: str) -> None:
    assert client.get("/livez", headers=headers).headers["X-Request-Id"] == expected


def test_response_to_a_request_without_id_has_a_new_one(client: FlaskClient) -> None:
    first, second = (client.get("/livez", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"] for _ in range(2))

    assert len(first) == 32
    assert first != second
