"""The drain: which clients it still answers, and when it ends."""

import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ml_census.server import server as server_module
from ml_census.server.scheduler import LOGIN, POOLS, WORK
from support.running_server import CONFIG, SECONDS, MoveClocks, RunningServer, post, read_until_closed, status


def test_drain_answers_every_client_that_it_lets_in(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the SYN filter, the kernel would accept clients that the close of the socket resets."""
    monkeypatch.setattr(server_module, "HANDSHAKE_SECONDS", 1)
    server.draining.set()

    with pytest.raises(TimeoutError):  # the socket is open and lets nobody in
        for _ in range(10_000):
            with server.connect(connect_seconds=0.2) as newcomer:
                newcomer.sendall(post("/"))
                assert status(newcomer) == 200


def test_running_and_waiting_predictions_are_in_flight(server: RunningServer) -> None:
    server.metrics.set_route_protocols({"/slow": "native"})
    threads = POOLS[WORK].threads

    clients = server.send_blocked("/slow", threads) + server.send("/slow", 1)
    while not server.metric("waiting", queue=WORK):
        pass

    assert server.metric("in_flight") == threads + 1
    server.unblock(clients)
    while server.metric("in_flight"):
        pass


@contextmanager
def no_free_descriptor() -> Iterator[None]:
    """Have this process at its limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_drain_without_free_descriptors_ends(server: RunningServer) -> None:
    with socket.socket() as waiting:
        waiting.settimeout(SECONDS)
        with no_free_descriptor():
            waiting.connect(("127.0.0.1", server.port))
            server.draining.set()

            with pytest.raises(ConnectionResetError):
                waiting.recv(1)


@pytest.mark.parametrize("config", [replace(CONFIG, drain_deadline_seconds=60)])
def test_drain_after_a_clock_change_ends_as_soon(server: RunningServer, move_clocks: MoveClocks) -> None:
    idle = server.connect()
    idle.sendall(post("/"))
    assert status(idle) == 200

    move_clocks(-3600, 0)
    server.draining.set()

    assert idle.recv(1) == b""


@pytest.mark.parametrize("config", [replace(CONFIG, drain_deadline_seconds=10)])
def test_rejection_during_the_drain_closes_the_connection(server: RunningServer) -> None:
    waiting, rejected = server.overfill("/login")
    assert b"Connection: close" not in rejected.recv(65536)

    server.draining.set()
    rejected.sendall(post("/login"))

    response = read_until_closed(rejected)
    assert response.startswith(b"HTTP/1.1 503 ") and b"\r\nConnection: close\r\n" in response
    server.unblock(waiting)


@pytest.mark.parametrize("config", [replace(CONFIG, drain_deadline_seconds=0)])
def test_drain_does_not_wait_for_blocked_workers(server: RunningServer) -> None:
    """Kubernetes kills the pod one second after drain delay and deadline. These requests take a minute."""
    blocked = server.send_blocked("/slow", POOLS[WORK].threads) + server.send_blocked("/login", POOLS[LOGIN].threads)
    blocked += server.send("/login", 1)

    server.draining.set()
    server.thread.join(30)

    assert not server.thread.is_alive()
    assert [read_until_closed(client) for client in blocked] == [b""] * len(blocked)
