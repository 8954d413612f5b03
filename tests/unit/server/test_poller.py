"""Tests of the poller: real sockets, one other thread."""

import socket
import threading
from collections.abc import Iterator

import pytest

from ml_census.server.poller import READ, WRITE, Poller


@pytest.fixture
def poller() -> Iterator[Poller[str]]:
    poller = Poller[str]()
    yield poller
    poller.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return two connected sockets."""
    first, second = socket.socketpair()
    with first, second:
        yield first, second


def test_poll_returns_the_watcher_of_a_readable_socket(
    poller: Poller[str], pair: tuple[socket.socket, socket.socket]
) -> None:
    poller.watch(pair[0], READ, "client")
    assert poller.poll(0) == []

    pair[1].sendall(b"request")

    assert poller.poll(10) == [("client", READ)]


def test_watch_replaces_the_events_of_a_socket(poller: Poller[str], pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].sendall(b"request")
    poller.watch(pair[0], READ, "client")
    poller.watch(pair[0], WRITE, "client")

    assert poller.poll(10) == [("client", WRITE)]


def test_forget_ends_the_reports_and_accepts_unknown_sockets(
    poller: Poller[str], pair: tuple[socket.socket, socket.socket]
) -> None:
    pair[1].sendall(b"request")
    poller.watch(pair[0], READ, "client")
    poller.forget(pair[0])
    poller.forget(pair[1])

    assert poller.poll(0) == []


def test_wake_of_another_thread_ends_one_poll(poller: Poller[str]) -> None:
    threading.Timer(0.05, poller.wake).start()

    assert poller.poll(60) == []


def test_wake_after_close_does_nothing() -> None:
    poller = Poller[str]()
    poller.close()

    poller.wake()
