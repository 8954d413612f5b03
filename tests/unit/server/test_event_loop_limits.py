"""Connections that a limit ends, over sockets: time, memory, and number of connections."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ml_census.config import Config
from ml_census.server import limits
from ml_census.server import server as server_module
from support.running_server import (
    CONFIG,
    LARGE_BYTES,
    LOOP,
    MoveClocks,
    RunningServer,
    post,
    read_until_closed,
    run_server,
    status,
)


@pytest.fixture
def max_connections() -> int | None:
    """Return the maximum number of connections, if a test parametrizes one."""
    return None


@pytest.fixture
def server(config: Config, max_connections: int | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """Yield a server with the parametrized limits."""
    if max_connections:
        monkeypatch.setattr(server_module, "MAX_CONNECTIONS", max_connections)
    with run_server(config) as running:
        yield running


def end_two_turns(server: RunningServer) -> None:
    """Return after a turn of the loop that looked for late and idle connections."""
    for _ in range(2):
        assert server.bodies(post("/")) == [LOOP]


@pytest.mark.parametrize("config", [replace(CONFIG, request_timeout_seconds=0.2)])
def test_unfinished_request_is_answered_with_408(server: RunningServer) -> None:
    """The time counts from the first byte of a request."""
    silent, head, body = server.connect(), server.connect(), server.connect()
    head.sendall(b"POST / HT")
    body.sendall(post("/", "abcdef")[:-1])

    assert read_until_closed(head).startswith(b"HTTP/1.0 408 Request Timeout")
    assert read_until_closed(body).startswith(b"HTTP/1.1 408 Request Timeout")
    silent.sendall(post("/"))
    assert status(silent) == 200


@pytest.mark.parametrize("config", [replace(CONFIG, request_timeout_seconds=0.2)])
@pytest.mark.parametrize("pipelined", [1, 20])
def test_unread_response_ends_the_connection_in_time(server: RunningServer, pipelined: int) -> None:
    client = server.connect(receive_buffer=4096)
    client.sendall(pipelined * post("/large"))
    assert client.recv(1) == b"H"
    assert server.metric("connections") == 1

    while server.metric("connections"):
        time.sleep(0.01)

    assert server.bodies(post("/")) == [LOOP]


@pytest.mark.parametrize("config", [replace(CONFIG, request_timeout_seconds=30)])
def test_time_to_read_a_response_begins_with_each(server: RunningServer, move_clocks: MoveClocks) -> None:
    client = server.connect(receive_buffer=4096)
    for passed in (20, 40, 60):
        client.sendall(post("/large"))
        received = len(client.recv(1))
        move_clocks(0, passed)
        end_two_turns(server)
        while received < LARGE_BYTES and (piece := client.recv(1_000_000)):
            received += len(piece)
        assert received >= LARGE_BYTES


def test_unread_responses_over_the_memory_limit_end(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The response that has waited for longest is given up."""
    monkeypatch.setattr(limits, "MAX_BUFFERED_BYTES", 5 * LARGE_BYTES // 2)
    clients = [server.connect(receive_buffer=4096) for _ in range(3)]
    for client in clients:
        client.sendall(post("/large", headers="Connection: close\r\n"))
        assert client.recv(1) == b"H"

    assert server.bodies(post("/")) == [LOOP]

    assert [len(read_until_closed(client)) > LARGE_BYTES for client in clients] == [False, True, True]


@pytest.mark.parametrize("config", [replace(CONFIG, max_body_bytes=50_000)])
def test_unfinished_requests_over_the_memory_limit_end(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request with most bytes times seconds is rejected, and the newest one is not."""
    monkeypatch.setattr(limits, "MAX_BUFFERED_BYTES", 100_000)
    small, large, newest = server.connect(), server.connect(), server.connect()
    small.sendall(post("/", "abcd")[:-1])
    for client in (large, newest):
        client.sendall(post("/", "x" * 60_000)[:-1])
        assert server.bodies(post("/")) == [LOOP]

    assert status(large) == 503

    for client, rest in ((small, b"d"), (newest, b"x")):
        client.sendall(rest)
        assert status(client) == 200
    assert len(server.bodies(post("/", "x" * 90_000))) == 1  # the bytes of ended requests are free again


def test_largest_allowed_request_exceeds_the_memory_limit(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The memory limit is never below the size that one client may send."""
    monkeypatch.setattr(limits, "MAX_BUFFERED_BYTES", 1)
    client = server.connect()
    client.sendall(post("/", "x" * 100)[:-1])
    end_two_turns(server)

    client.sendall(b"x")

    assert status(client) == 200


@pytest.mark.parametrize("config", [replace(CONFIG, keep_alive_timeout_seconds=620)])
def test_idle_connection_stays_for_the_keep_alive_timeout(server: RunningServer, move_clocks: MoveClocks) -> None:
    """Google's load balancer uses a connection that was idle for 600 seconds. A changed time of day ends none."""
    idle = server.connect()
    for day, passed in ((0, 0), (0, 610), (86400, 610), (-86400, 1220)):
        move_clocks(day, passed)
        end_two_turns(server)
        idle.sendall(post("/"))
        assert status(idle) == 200

    move_clocks(0, 1841)
    assert idle.recv(1) == b""


@pytest.mark.parametrize("max_connections", [3])
def test_new_connection_evicts_the_longest_idle(server: RunningServer) -> None:
    busy = server.send_blocked("/slow")
    (oldest,) = server.send("/", 1)
    assert status(oldest) == 200
    (younger,) = server.send("/", 1)
    assert status(younger) == 200

    assert server.bodies(post("/")) == [LOOP]

    assert oldest.recv(1) == b""
    younger.sendall(post("/"))
    server.unblock([younger, *busy])


@pytest.mark.parametrize("max_connections", [2])
def test_new_connection_evicts_the_slowest_if_none_is_idle(server: RunningServer) -> None:
    slowest, other = server.connect(), server.connect()
    for client in (slowest, other):
        client.sendall(b"POST / HTTP/1.1\r\n")
        time.sleep(0.05)

    assert server.bodies(post("/")) == [LOOP]

    assert slowest.recv(1) == b""
