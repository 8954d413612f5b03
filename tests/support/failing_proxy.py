"""A proxy that fails on demand, and the server behind it, for the tests of the client."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from conftest import write_published
from support.live_server import SECONDS, Launch, Server

NAMES = ["age", "workclass", "education-num", "sex"]


WORK, SEX = ["Private", "Self-emp", "State-gov"], ["Male", "Female"]


ROWS = [[20 + number % 60, WORK[number % 3], number % 16, SEX[number % 2]] for number in range(1000)]


class Proxy(ThreadingHTTPServer):
    """A proxy in front of a server, which follows a plan.

    `plan` lists the replies to the next predictions: a status, a status and its Retry-After, "close", or "" to forward.
    A step that begins with "hold" waits until `go_on` is set. With `moved_to`, the proxy redirects each request.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.backend = port
        self.plan: list[str] = []
        self.moved_to = ""
        self.received: list[tuple[str, str]] = []
        """Path and Authorization of each request."""
        self.held, self.go_on = threading.Event(), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urlsplit(self.path).path  # a client sends the whole URL to an HTTP proxy
        self.server.received.append((path, self.headers.get("Authorization", "")))
        if self.server.moved_to:
            self._reply(301, b"", {"Location": self.server.moved_to + path})
            return
        step = self.server.plan.pop(0) if self.server.plan and path == "/prediction" else ""
        if step.startswith("hold"):
            self.server.held.set()
            self.server.go_on.wait(SECONDS)
            step = step.removeprefix("hold").strip()
        if step == "close":
            self.close_connection = True
            return
        if step:
            status, _, seconds = step.partition(" ")
            self._reply(int(status), b'{"error message": "busy"}', {"Retry-After": seconds} if seconds else {})
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.backend, timeout=SECONDS)
        connection.request(self.command, path, body, dict(self.headers))
        response = connection.getresponse()
        self._reply(response.status, response.read(), {"X-Model-Version": response.headers.get("X-Model-Version", "")})
        connection.close()

    do_POST = do_GET

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body)), "Content-Type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def backend(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = launch(write_published(tmp_path_factory.mktemp("client"), "dataframe", reload_interval_seconds=0.2))
    yield server
    server.end()


@contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    with Proxy(port) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield running
        finally:
            running.go_on.set()
            running.shutdown()
            thread.join()


@pytest.fixture
def proxy(backend: Server) -> Iterator[Proxy]:
    with proxied(backend.port) as running:
        yield running


@pytest.fixture(scope="module")
def expected(backend: Server) -> list[str]:
    response = backend.predict(ROWS).json()["predictions"]
    assert len(set(response)) == 2
    return list(response)


def wait_until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.05)
