"""Which thread answers, over a real socket with an application of a few lines."""

import queue
import socket
import threading
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ml_census import server

CONFIG: Any = SimpleNamespace(max_body_bytes=100, drain_delay_seconds=0, drain_deadline_seconds=1)
GO_ON = threading.Event()


class Application:
    """Answers the name of the thread that runs it."""

    def is_quick(self, path: str, length: int) -> bool:
        return path != "/slow" and length <= 3

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/broken":
            raise KeyError
        if environ["PATH_INFO"] == "/slow":
            GO_ON.wait(10)
        body = threading.current_thread().name.encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def port() -> Iterator[int]:
    draining, ports = threading.Event(), queue.Queue[int]()
    arguments = (Application(), "127.0.0.1", 0, CONFIG, draining, ports.put)
    GO_ON.clear()
    thread = threading.Thread(target=server.serve, args=arguments, name="the-loop")
    thread.start()
    yield ports.get(timeout=10)
    GO_ON.set()
    draining.set()
    thread.join(10)
    assert not thread.is_alive()


def post(path: str, body: str = "", headers: str = "") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def ask(port: int, *requests: bytes) -> list[str]:
    """Who answered, in order; the requests are sent at once, and the last closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"".join(requests[:-1]) + requests[-1].replace(b"Host", b"Connection: close\r\nHost"))
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    return [part.partition("\r\n\r\n")[2] for part in answer.split("HTTP/1.1 ")[1:]]


def test_a_quick_request_is_answered_by_the_loop_and_another_by_a_worker(port: int) -> None:
    assert ask(port, post("/", "abc")) == ["the-loop"]
    assert ask(port, post("/", "abcd"))[0].startswith("waitress-")


def test_the_length_of_a_chunked_body_counts(port: int) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"

    assert ask(port, chunked)[0].startswith("waitress-")


def test_pipelined_requests_are_answered_in_their_order(port: int) -> None:
    quick, other = post("/", "abc"), post("/", "abcd")

    answers = ask(port, quick, other, quick, quick, other, other, quick)

    assert [name == "the-loop" for name in answers] == [True, False, True, True, False, False, True]


def test_slow_requests_do_not_hold_up_quick_ones(port: int) -> None:
    slow = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(server.THREADS + 1)]
    for connection in slow:
        connection.sendall(post("/slow"))

    assert ask(port, post("/")) == ["the-loop"]

    GO_ON.set()
    for connection in slow:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        connection.close()


def test_a_quick_request_that_fails_ends_neither_loop_nor_server(port: int) -> None:
    assert "internal server error" in ask(port, post("/broken"))[0]
    assert ask(port, post("/")) == ["the-loop"]


def test_a_channel_that_fails_is_closed_alone(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(server._Channel, "service", None)
        assert ask(port, post("/")) == []

    assert ask(port, post("/")) == ["the-loop"]


def test_an_answer_leaves_in_one_piece(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    send = server._Channel.send
    monkeypatch.setattr(
        server._Channel, "send", lambda *given, **more: (sent.append(given[1]), send(*given, **more))[1]
    )

    ask(port, post("/"))

    assert [piece.count(b"HTTP/1.1") for piece in sent] == [1]
