"""Nobody on the loop starves: neither behind many probes, nor at the end of an answer."""

import queue
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from ml_census.config import Config
from ml_census.observability.metrics import Metrics
from ml_census.server import event_loop, limits, server
from ml_census.server.scheduler import FAST, PROBE, WORK

PROBES = 40
REQUEST = "POST {} HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n"


class Application:
    """Probes take 5 ms here, and /hold holds the loop until it is let go."""

    def __init__(self) -> None:
        self.holds, self.go_on = threading.Event(), threading.Event()
        self.asked: list[str] = []

    def queue_for(self, path: str, length: int) -> str:
        return PROBE if path == "/livez" else FAST if length <= 10 else WORK

    def metric_route(self, path: str) -> str:
        return path

    def error_body(self, path: str, status: int, message: str) -> bytes:
        return message.encode()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/livez":
            time.sleep(0.005)
        if environ["PATH_INFO"] == "/hold":
            self.holds.set()
            self.go_on.wait(10)
        body = threading.current_thread().name.encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def app() -> Application:
    return Application()


@pytest.fixture
def port(app: Application) -> Iterator[int]:
    config = Config("", "", "", max_body_bytes=50, drain_delay_seconds=0, drain_deadline_seconds=1)
    ports, draining = queue.Queue[int](), threading.Event()
    arguments = (app, "127.0.0.1", 0, config, draining, ports.put, Metrics())
    thread = threading.Thread(target=server.serve, args=arguments, name="the-loop")
    thread.start()
    yield ports.get(timeout=10)
    app.go_on.set()
    draining.set()
    thread.join(10)
    assert not thread.is_alive()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def send(connection: socket.socket, path: str, body: str = "", headers: str = "") -> None:
    connection.sendall((REQUEST.format(path, headers, len(body)) + body).encode())


def status(connection: socket.socket) -> int:
    return int(connection.recv(65536).split()[1])


def test_a_prediction_does_not_wait_behind_all_probes(port: int, app: Application) -> None:
    """Probes need no token: who floods the server with them takes at most half of the loop's time."""
    holding, other, *probes = (connect(port) for _ in range(2 + PROBES))
    send(holding, "/hold")
    assert app.holds.wait(10)
    for each in probes:
        send(each, "/livez")
    send(other, "/prediction")
    app.go_on.set()

    assert status(other) == 200
    assert app.asked.index("/prediction") < PROBES
    assert [status(each) for each in probes] == [200] * PROBES
    for each in (holding, other, *probes):
        each.close()


def test_a_single_request_of_the_largest_size_is_not_refused_for_its_share(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What clients hold together is bounded, but not below what one may send (here 50 bytes)."""
    monkeypatch.setattr(limits, "MAX_HELD_BYTES", 1)
    with connect(port) as connection:
        connection.sendall((REQUEST.format("/", "", 50) + "x" * 49).encode())
        time.sleep(2 * event_loop.POLL_SECONDS)
        connection.sendall(b"x")

        assert status(connection) == 200


def test_a_compressed_body_is_not_quick_however_small(port: int) -> None:
    with connect(port) as connection:
        send(connection, "/", "x")
        assert b"the-loop" in connection.recv(65536)
        send(connection, "/", "x", "Content-Encoding: gzip\r\n")
        assert b"work-" in connection.recv(65536)


def test_a_body_over_twice_the_limit_is_told_the_limit_of_the_configuration(port: int) -> None:
    with connect(port) as connection:
        send(connection, "/", "x" * 101)

        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"the body is larger than max_body_bytes (50 bytes)" in answer
