"""An HTTP server on a thread, with an application whose requests a test can block, and its clients."""

import queue
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from ml_census.config import Config
from ml_census.observability.metrics import Metrics
from ml_census.server.parser import ParserLimits, Request
from ml_census.server.scheduler import FAST, LOGIN, POOLS, PROBE, WORK
from ml_census.server.server import serve

CONFIG = Config("", "", "", max_body_bytes=100, drain_delay_seconds=0, drain_deadline_seconds=1)
FAST_BYTES = 3
"""Maximum body of a request that the application has the event loop answer."""
LARGE_BYTES = 8_000_000
"""Body of the response to /large."""
LOOP = "the-loop"
"""Name of the thread that runs the event loop, and the body of its responses."""
SECONDS = 10
MoveClocks = Callable[[float, float], None]
"""Sets the time of day, and then both clocks, ahead by some seconds."""
QUEUES = {"/slow": WORK, "/login": LOGIN, "/livez": PROBE, "/slow-probe": PROBE}


def post(path: str, body: str = "", headers: str = "") -> bytes:
    """Return the bytes of a POST request."""
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def parsed(data: bytes, limits: ParserLimits | None = None) -> Request:
    """Return the request that some bytes are."""
    request = Request(limits or ParserLimits(CONFIG.max_body_bytes))
    while data and not request.completed:
        data = data[request.received(data) :]
    return request


def status(connection: socket.socket) -> int:
    """Return the status of the next response."""
    return int(connection.recv(65536).split()[1])


def read_until_closed(connection: socket.socket) -> bytes:
    """Return the bytes that arrive until the server closes or resets the connection."""
    received = bytearray()
    try:
        while piece := connection.recv(1_000_000):
            received += piece
    except ConnectionResetError:
        pass
    return bytes(received)


class BlockingApplication:
    """Answers with the name of the thread that runs it. /slow, /login and /hold wait for unblock()."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        """Paths of the requests that have begun, in order."""
        self._begun = threading.Semaphore(0)
        self._unblocked = threading.Event()

    def queue_for(self, path: str, _query: str, length: int) -> str:
        """Return the queue of a path. Other paths are fast or work by the length of their bodies."""
        return QUEUES.get(path, FAST if length <= FAST_BYTES else WORK)

    def metric_route(self, path: str) -> str:
        """Return the path itself."""
        return path

    def error_body(self, path: str, status: int, message: str) -> bytes:
        """Return a line with all arguments; fail for /no-error-body."""
        if path == "/no-error-body":
            raise ValueError
        return f"{path} {status} {message}".encode()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        path = environ["PATH_INFO"]
        self.paths.append(path)
        if path in ("/broken", "/no-error-body"):
            raise KeyError
        if path == "/slow-probe":
            time.sleep(0.005)
        if path in ("/slow", "/login", "/hold"):
            self._begun.release()
            self._unblocked.wait(60)
        body = threading.current_thread().name.encode() * (LARGE_BYTES // len(LOOP) if path == "/large" else 1)
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def wait_for_blocked(self, number: int) -> None:
        """Wait until some more requests have begun and are blocked."""
        for _ in range(number):
            assert self._begun.acquire(timeout=SECONDS)

    def unblock(self) -> None:
        """Answer the blocked requests, and block no further ones."""
        self._unblocked.set()


@dataclass(frozen=True)
class RunningServer:
    """A server on a free port. Its clients' sockets are closed with it."""

    port: int
    app: BlockingApplication
    metrics: Metrics
    draining: threading.Event
    thread: threading.Thread
    sockets: ExitStack = field(default_factory=ExitStack)

    def connect(self, receive_buffer: int | None = None, connect_seconds: float = SECONDS) -> socket.socket:
        """Return a new connection. A small receive buffer keeps a response in the server until the client reads it."""
        client = self.sockets.enter_context(socket.socket())
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(connect_seconds)
        client.connect(("127.0.0.1", self.port))
        client.settimeout(SECONDS)
        return client

    def send(self, path: str, number: int) -> list[socket.socket]:
        """Send a request on each of some new connections, and return the connections."""
        clients = [self.connect() for _ in range(number)]
        for client in clients:
            client.sendall(post(path))
        return clients

    def send_blocked(self, path: str, number: int = 1) -> list[socket.socket]:
        """Send requests on new connections, and wait until the application has begun all of them."""
        clients = self.send(path, number)
        self.app.wait_for_blocked(number)
        return clients

    def bodies(self, *requests: bytes) -> list[str]:
        """Send requests at once on one connection, the last with Connection: close. Return the responses' bodies."""
        with self.connect() as client:
            client.sendall(b"".join(requests[:-1]) + requests[-1].replace(b"Host", b"Connection: close\r\nHost"))
            responses = b"".join(iter(lambda: client.recv(65536), b"")).decode()
        return [part.partition("\r\n\r\n")[2] for part in responses.split("HTTP/1.1 ")[1:]]

    def overfill(self, path: str) -> tuple[list[socket.socket], socket.socket]:
        """Fill the pool of a path with blocked requests. Return their connections, and one that was rejected."""
        pool = POOLS[QUEUES[path]]
        blocked = self.send_blocked(path, pool.threads)  # a request before the threads are busy would be rejected too
        waiting = self.send(path, pool.waiting + 1)
        (rejected,), _, _ = select.select(waiting, [], [], SECONDS)
        waiting.remove(rejected)
        return blocked + waiting, rejected

    def unblock(self, clients: list[socket.socket]) -> None:
        """Unblock the application, and check that all clients receive 200."""
        self.app.unblock()
        for client in clients:
            assert status(client) == 200

    def metric(self, name: str, **labels: str) -> float | None:
        """Return the value of a metric, or None before its first event."""
        return self.metrics.registry.get_sample_value(f"ml_census_{name}", labels)


@contextmanager
def run_server(config: Config) -> Iterator[RunningServer]:
    """Run a server whose turns and last handshakes take 10 ms, not 200 ms, when nothing arrives."""
    app, metrics, draining, ports = BlockingApplication(), Metrics(), threading.Event(), queue.Queue[int]()
    arguments = (app, "127.0.0.1", 0, config, draining, ports.put, metrics)
    thread = threading.Thread(target=serve, args=arguments, name=LOOP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ml_census.server.event_loop.POLL_INTERVAL_SECONDS", 0.01)
        patch.setattr("ml_census.server.server.HANDSHAKE_SECONDS", 0.01)
        thread.start()
        server = RunningServer(ports.get(timeout=SECONDS), app, metrics, draining, thread)
        yield server
        app.unblock()
        server.sockets.close()
        draining.set()
        thread.join(SECONDS)
        assert not thread.is_alive()
