"""One response to one request: bytes, error, metrics and the end of the connection."""

import socket

import pytest

from ml_census.observability.metrics import Metrics
from ml_census.server.connection import Connection
from ml_census.server.parser import RequestError
from ml_census.server.responder import INTERNAL_ERROR, Responder, Response
from ml_census.server.scheduler import OVERLOADED
from support.running_server import BlockingApplication, parsed, post

TOO_LARGE = "the body is larger than max_body_bytes (100 bytes)"
MALFORMED = b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"


@pytest.fixture
def metrics() -> Metrics:
    """Return the metrics of the responder."""
    return Metrics()


def respond(
    data: bytes, error: RequestError | None = None, is_draining: bool = False, metrics: Metrics | None = None
) -> Response:
    """Return the response to a request that the server itself may have answered with an error."""
    responder = Responder(
        BlockingApplication(), metrics or Metrics(), lambda: is_draining, lambda _method, _headers: [], TOO_LARGE
    )
    request = parsed(data)
    request.error = error or request.error
    return responder.respond(request, ("127.0.0.1", 1), 2)


def timed(metrics: Metrics, status: str, what: str) -> float | None:
    labels = {"route": "/broken", "protocol": "none", "status": status}
    return metrics.registry.get_sample_value(f"ml_census_request_seconds_{what}", labels)


def test_response_keeps_the_connection() -> None:
    response = respond(post("/"))

    assert response.data.startswith(b"HTTP/1.1 200 OK\r\n") and response.data.endswith(b"\r\n\r\nMainThread")
    assert not response.closes and b"Connection:" not in response.data


def test_failing_application_is_answered_with_500() -> None:
    response = respond(post("/broken", headers="X-Request-Id: abc\r\n"))

    assert response.data.startswith(b"HTTP/1.1 500 ") and b"\r\nX-Request-Id: abc\r\n" in response.data
    assert response.data.endswith(b"/broken 500 Internal Server Error: unexpected internal server error")


def test_failing_application_is_counted_with_route_and_time(metrics: Metrics) -> None:
    respond(post("/broken"), metrics=metrics)

    assert timed(metrics, "500", "count") == 1
    assert timed(metrics, "500", "sum") is not None


def test_failing_error_body_is_raised() -> None:
    with pytest.raises(ValueError):
        respond(post("/no-error-body"))


def test_rejection_says_when_to_try_again() -> None:
    response = respond(post("/slow"), OVERLOADED)

    assert response.data.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nRetry-After: 1\r\n" in response.data and b"\r\nX-Request-Id: " in response.data
    assert response.data.endswith(b"\r\n\r\n/slow 503 Service Unavailable: too many requests wait already")


def test_rejection_is_counted_under_its_own_status(metrics: Metrics) -> None:
    """A rejection takes no time: among the successful responses it would make an overload look fast."""
    respond(post("/broken"), OVERLOADED, metrics=metrics)

    assert (timed(metrics, "200", "count"), timed(metrics, "503", "count")) == (None, 1)


def test_only_unanswered_predictions_are_in_flight(metrics: Metrics) -> None:
    """Exclude logins, pages and probes, which say nothing about the load of predictions."""
    metrics.set_route_protocols({"/prediction": "native", "/login": "native"})
    responder = Responder(BlockingApplication(), metrics, lambda: False, lambda _method, _headers: [], TOO_LARGE)
    requests = [post("/prediction"), post("/prediction"), post("/login"), post("/livez"), MALFORMED, None]

    with socket.socket() as unused:
        connections = [Connection(unused, ("127.0.0.1", 1)) for _ in requests]
    for connection, data in zip(connections, requests, strict=True):
        connection.answering = parsed(data) if data else None

    assert responder.count_in_flight(connections) == 2


def test_rejected_head_request_has_no_body() -> None:
    assert respond(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", OVERLOADED).data.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("data", "error", "closes"),
    [
        pytest.param(post("/"), OVERLOADED, False, id="rejected"),
        pytest.param(post("/"), INTERNAL_ERROR, False, id="failed"),
        pytest.param(post("/", headers="Connection: close\r\n"), OVERLOADED, True, id="client-closes"),
        pytest.param(MALFORMED, None, True, id="malformed"),
        pytest.param(post("/", "x" * 101), None, True, id="too-large"),
    ],
)
def test_error_closes_where_no_request_can_follow(data: bytes, error: RequestError | None, closes: bool) -> None:
    """After a malformed request, the place at which the next one begins is unknown."""
    response = respond(data, error)

    assert response.closes is closes
    assert (b"\r\nConnection: close\r\n" in response.data) is closes


@pytest.mark.parametrize("error", [None, OVERLOADED], ids=["answered", "rejected"])
def test_response_during_the_drain_closes(error: RequestError | None) -> None:
    response = respond(post("/"), error, is_draining=True)

    assert response.closes and b"\r\nConnection: close\r\n" in response.data


@pytest.mark.parametrize(
    ("header", "expected"), [("", b"close"), ("Connection: keep-alive\r\n", b"keep-alive")], ids=["default", "asked"]
)
def test_http_1_0_connection_stays_only_if_asked(header: str, expected: bytes) -> None:
    response = respond(f"GET / HTTP/1.0\r\n{header}\r\n".encode())

    assert response.data.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"\r\nConnection: " + expected + b"\r\n" in response.data
    assert response.closes is (expected == b"close")


def test_too_large_body_names_the_configured_maximum() -> None:
    response = respond(post("/", "x" * 101))

    assert response.data.startswith(b"HTTP/1.1 413 ") and response.data.endswith(TOO_LARGE.encode())


def test_unknown_transfer_encoding_is_the_error_of_the_client() -> None:
    response = respond(post("/"), RequestError(501, "Transfer-Encoding requested is not supported."))

    assert response.data.startswith(b"HTTP/1.1 400 Bad Request\r\n")
