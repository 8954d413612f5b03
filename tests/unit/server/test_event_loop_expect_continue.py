"""Clients that ask with `Expect: 100-continue` whether to send a body."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from ml_census.observability.metrics import Metrics
from ml_census.server import limits
from ml_census.server.connection import CONTINUE
from ml_census.server.event_loop import EventLoop
from ml_census.server.limits import Limits
from ml_census.server.parser import ParserLimits
from ml_census.server.responder import Responder
from support.running_server import CONFIG, SECONDS, BlockingApplication, RunningServer, post, status

HEAD = post("/", "abc", "Expect: 100-continue\r\n")[:-3]


@pytest.mark.parametrize("before", [b"", post("/", "abcd")], ids=["first", "behind-a-waiting-request"])
def test_client_that_expects_continue_receives_it(server: RunningServer, before: bytes) -> None:
    client = server.connect()
    client.sendall(before + HEAD)
    received = b""
    while not received.endswith(CONTINUE):
        received += client.recv(65536)
    assert received.count(b" 200 OK") == bool(before)

    client.sendall(b"abc")

    assert status(client) == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("Content-Length: 0", 200),
        ("X: y", 200),
        ("Content-Length: 1000", 413),
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", 400),
        ("Content-Length: 3\r\nHost: y", 400),
    ],
)
def test_client_without_an_accepted_body_has_its_response(server: RunningServer, headers: str, expected: int) -> None:
    client = server.connect()
    client.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{headers}\r\n\r\n".encode())

    assert status(client) == expected


@pytest.mark.parametrize("config", [replace(CONFIG, max_body_bytes=4)])
def test_client_that_left_before_continue_holds_no_bytes(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_BUFFERED_BYTES", 8)
    for _ in range(2):
        leaving = server.connect()
        leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a close is a reset
        leaving.sendall(post("/", "abcdef", "Expect: 100-continue\r\n")[:-1])
        leaving.close()

    assert len(server.bodies(post("/", "abcdef"))) == 1


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Yield a listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def loop(listener: socket.socket) -> Iterator[EventLoop]:
    """Yield an event loop that the test turns itself."""
    app = BlockingApplication()
    responder = Responder(app, Metrics(), lambda: False, lambda _method, _headers: [], "")
    event_loop = EventLoop(listener, Limits(ParserLimits(100), 60, 60), app.queue_for, responder)
    yield event_loop
    event_loop.shutdown()


def turn_until(loop: EventLoop, is_done: Callable[[], object]) -> None:
    """Turn a loop until a condition holds, at most 100 times."""
    for _ in range(100):
        if is_done():
            return
        loop.run_once()
    raise AssertionError("100 turns of the event loop")


def fill_send_buffer(sock: socket.socket) -> int:
    """Send until the kernel has taken nothing for 0.1 s: acknowledgements on their way make room. Return the bytes."""
    filled = refusals = 0
    while refusals < 10:
        try:
            filled += sock.send(bytes(4096))
            refusals = 0
        except BlockingIOError:
            refusals += 1
            time.sleep(0.01)
    return filled


def test_continue_behind_a_full_send_buffer_is_sent_later(loop: EventLoop, listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname(), timeout=SECONDS) as client:
        turn_until(loop, lambda: loop.connections)
        (connection,) = loop.connections
        filled = fill_send_buffer(connection.socket)
        client.sendall(HEAD)
        turn_until(loop, lambda: connection.partial)
        assert bytes(connection.unsent) == CONTINUE

        while filled:
            filled -= len(client.recv(min(filled, 65536)))
        turn_until(loop, lambda: not connection.unsent)
        assert client.recv(65536) == CONTINUE

        client.sendall(b"abc")
        turn_until(loop, lambda: not connection.partial)
        assert status(client) == 200


def test_late_request_behind_an_unsent_continue_is_closed(
    loop: EventLoop, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response of 408 would follow half of "100 Continue"."""
    with socket.create_connection(listener.getsockname(), timeout=SECONDS) as client:
        turn_until(loop, lambda: loop.connections)
        (connection,) = loop.connections
        fill_send_buffer(connection.socket)
        client.sendall(HEAD)
        turn_until(loop, lambda: connection.partial)

        monotonic = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 61)
        turn_until(loop, lambda: not loop.connections)

        assert not connection.is_open
