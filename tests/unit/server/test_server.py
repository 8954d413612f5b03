"""Which thread answers, over a real socket with an application of a few lines."""

import os
import queue
import resource
import select
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_census.config import Config
from ml_census.observability.metrics import Metrics
from ml_census.server import connection as server_connection
from ml_census.server import event_loop, limits, scheduler, server
from ml_census.server.scheduler import FAST, LOGIN, POOLS, PROBE, WORK

CONFIG = Config("", "", "", max_body_bytes=100, drain_delay_seconds=0, drain_deadline_seconds=1)
GO_ON = threading.Event()
STARTED = threading.Semaphore(0)
DRAINING = threading.Event()
ASKED: list[str] = []


class Application:
    """Answers the name of the thread that runs it."""

    def queue_for(self, path: str, length: int) -> str:
        lanes = {"/slow": WORK, "/login": LOGIN, "/livez": PROBE}
        return lanes.get(path, FAST if length <= 3 else WORK)

    def metric_route(self, path: str) -> str:
        return path

    def error_body(self, path: str, status: int, message: str) -> bytes:
        if path == "/unsayable":
            raise ValueError
        return f"{path} {status} {message}".encode()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        ASKED.append(path)
        if path in ("/broken", "/unsayable"):
            raise KeyError
        if path in ("/slow", "/login", "/hold"):
            STARTED.release()
            GO_ON.wait(60)
        body = threading.current_thread().name.encode() * (1_000_000 if path == "/large" else 1)
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def max_connections(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the limit of connections of a server that starts after this fixture."""
    monkeypatch.setattr(server, "MAX_CONNECTIONS", request.param)


@pytest.fixture
def config() -> Config:
    return CONFIG


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def port(config: Config, metrics: Metrics) -> Iterator[int]:
    """The port of a server whose turns and last handshakes take 10 ms, not 200 ms, when nothing comes."""
    ports = queue.Queue[int]()
    arguments = (Application(), "127.0.0.1", 0, config, DRAINING, ports.put, metrics)
    GO_ON.clear()
    DRAINING.clear()
    ASKED.clear()
    while STARTED.acquire(blocking=False):
        pass
    thread = threading.Thread(target=server.serve, args=arguments, name="the-loop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_loop, "POLL_SECONDS", 0.01)
        patch.setattr(server, "HANDSHAKE_SECONDS", 0.01)
        thread.start()
        yield ports.get(timeout=10)
        GO_ON.set()
        DRAINING.set()
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


def occupied(port: int, path: str, number: int) -> list[socket.socket]:
    """Connections that wait for an answer until GO_ON."""
    connections = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(number)]
    for connection in connections:
        connection.sendall(post(path))
    return connections


def overfilled(port: int, path: str, lane: str) -> tuple[list[socket.socket], socket.socket]:
    """Connections that fill a lane until GO_ON, and one for which there is no room.

    The threads have to be at work before the rest is sent: what comes sooner than they wake is shed too.
    """
    running = occupied(port, path, POOLS[lane].threads)
    for _ in running:
        assert STARTED.acquire(timeout=10)
    waiting = occupied(port, path, POOLS[lane].waiting + 1)
    (shed,), _, _ = select.select(waiting, [], [], 10)
    waiting.remove(shed)
    return running + waiting, shed


def let_go(connections: list[socket.socket]) -> None:
    """All of them get their answer."""
    GO_ON.set()
    for connection in connections:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        connection.close()


def status(connection: socket.socket) -> int:
    """Of the next answer."""
    return int(connection.recv(65536).split()[1])


def hard_of_hearing(port: int) -> socket.socket:
    """A connection whose kernel takes little of an answer by itself."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", port))
    return connection


def everything(connection: socket.socket) -> bytes:
    """What comes until the connection ends, in whatever way."""
    got = bytearray()
    try:
        while piece := connection.recv(1_000_000):
            got += piece
    except ConnectionResetError:
        pass
    return bytes(got)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Move the time of day, and the clock that nobody sets, from what they are."""
    time_of_day, monotonic = time.time, time.monotonic

    def move(of_day: float = 0, of_both: float = 0) -> None:
        monkeypatch.setattr(time, "time", lambda: time_of_day() + of_day + of_both)
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + of_both)

    return move


def test_a_quick_request_is_answered_by_the_loop_and_another_by_a_worker(port: int) -> None:
    assert ask(port, post("/", "abc")) == ["the-loop"]
    assert ask(port, post("/", "abcd"))[0].startswith("work-")


def test_the_length_of_a_chunked_body_counts(port: int) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"

    assert ask(port, chunked)[0].startswith("work-")


def test_pipelined_requests_are_answered_in_their_order(port: int) -> None:
    quick, other = post("/", "abc"), post("/", "abcd")

    answers = ask(port, quick, other, quick, quick, other, other, quick)

    assert [name == "the-loop" for name in answers] == [True, False, True, True, False, False, True]


def test_slow_requests_do_not_hold_up_quick_ones(port: int) -> None:
    slow = occupied(port, "/slow", POOLS[WORK].threads + 1)

    assert ask(port, post("/")) == ["the-loop"]
    let_go(slow)


def test_a_quick_request_that_fails_ends_neither_loop_nor_server(port: int) -> None:
    assert "internal server error" in ask(port, post("/broken"))[0]
    assert ask(port, post("/")) == ["the-loop"]


def test_a_failure_is_counted_with_the_route_and_the_time_of_its_request(port: int, metrics: Metrics) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(post("/broken", headers="X-Request-Id: abc\r\n"))
        answer = connection.recv(65536)

    assert b" 500 " in answer and b"\r\nX-Request-Id: abc\r\n" in answer
    labels = {"route": "/broken", "protocol": "none", "status": "500"}
    count, seconds = (
        metrics.registry.get_sample_value(f"ml_census_request_seconds_{what}", labels) for what in ("count", "sum")
    )
    assert count == 1
    assert seconds is not None and seconds < 60


def test_failure_of_the_error_response_closes_one_connection(port: int) -> None:
    assert ask(port, post("/unsayable")) == []

    assert ask(port, post("/")) == ["the-loop"]


def segments_received(connection: socket.socket) -> int:
    """The number of TCP segments with data: tcpi_data_segs_in of Linux's struct tcp_info."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
    return int(struct.unpack_from("I", info, 152)[0])


def test_small_response_leaves_in_one_segment(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(post("/"))
        assert status(connection) == 200
        connection.sendall(post("/livez"))  # or the rest of the first response might still be on its way
        assert status(connection) == 200

        assert segments_received(connection) == 2


@pytest.mark.parametrize(("path", "lane"), [("/slow", WORK), ("/login", LOGIN)])
def test_what_is_too_much_for_its_lane_is_shed_at_once(port: int, path: str, lane: str) -> None:
    """Nobody waits behind a queue without end: 503 says when to come again, on a connection that stays."""
    busy, shed = overfilled(port, path, lane)

    refusal = shed.recv(65536)

    assert refusal.startswith(b"HTTP/1.1 503 Service Unavailable")
    assert b"Retry-After: 1" in refusal and b"X-Request-Id: " in refusal
    assert refusal.endswith(f"{path} 503 Service Unavailable: too many requests wait already".encode())
    assert ask(port, post("/livez")) == ["the-loop"]
    let_go(busy)
    shed.sendall(post(path))
    let_go([shed])


def shed_by_lane(metrics: Metrics) -> dict[str, float | None]:
    read = metrics.registry.get_sample_value
    return {lane: read("ml_census_rejected_requests_total", {"queue": lane}) for lane in (WORK, LOGIN, FAST)}


@pytest.mark.parametrize(("path", "lane"), [("/slow", WORK), ("/login", LOGIN)])
@pytest.mark.parametrize("headers", ["", "X-Request-Id: abc\r\n"], ids=["unread", "parsed"])
def test_what_a_lane_refuses_is_counted(port: int, metrics: Metrics, path: str, lane: str, headers: str) -> None:
    busy, shed = overfilled(port, path, lane)
    assert status(shed) == 503
    shed.sendall(post(path, headers=headers))
    assert status(shed) == 503

    assert shed_by_lane(metrics) == {WORK: 0, LOGIN: 0, FAST: 0} | {lane: 2}
    let_go(busy)
    shed.close()


def test_pause_after_rejections_reads_new_connections_only(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Probes use new connections. A rejected client waits until the queue is half empty."""
    monkeypatch.setattr(event_loop, "PAUSE_SECONDS", 60)
    busy, shed = overfilled(port, "/slow", WORK)
    assert status(shed) == 503
    shed.sendall(post("/heard"))

    for number in (1, 2, 3):
        probes = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(number)]
        for probe in probes:
            probe.sendall(post("/livez"))
        assert [status(probe) for probe in probes] == [200] * number
        for probe in probes:
            probe.close()
    assert "/heard" not in ASKED

    let_go(busy)
    assert status(shed) == 200
    shed.close()


def test_pipelined_requests_before_a_half_close_are_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(3 * post("/livez"))
        client.shutdown(socket.SHUT_WR)

        assert everything(client).count(b" 200 OK") == 3


def test_too_many_quick_requests_are_refused_and_counted(
    port: int, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(scheduler.CAPACITY, FAST, 2)
    holding = occupied(port, "/hold", 1)
    assert STARTED.acquire(timeout=10)
    waiting = occupied(port, "/", 3)

    let_go(holding)

    assert sorted(status(each) for each in waiting) == [200, 200, 503]
    assert shed_by_lane(metrics) == {WORK: 0, LOGIN: 0, FAST: 1}
    for each in waiting:
        each.close()


def test_a_refusal_is_not_among_the_times_of_answers(port: int, metrics: Metrics) -> None:
    """It takes no time: an overload would look fast."""
    busy, shed = overfilled(port, "/slow", WORK)
    assert status(shed) == 503

    names = {"route": "/slow", "protocol": "none"}
    timed = [
        metrics.registry.get_sample_value("ml_census_request_seconds_count", names | {"status": code})
        for code in ("200", "503")
    ]
    assert timed == [None, 1]
    let_go(busy)
    shed.close()


def test_a_refused_head_has_no_body(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be read as the beginning of the next answer."""
    monkeypatch.setitem(scheduler.CAPACITY, FAST, 0)

    assert ask(port, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", post("/livez")) == ["", "the-loop"]


def test_a_malformed_request_ends_its_connection_also_where_it_would_be_shed(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the next request begins is not known."""
    monkeypatch.setitem(scheduler.CAPACITY, FAST, 0)

    (answer,) = ask(port, b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", post("/livez"))

    assert "400 Bad Request" in answer


@pytest.mark.parametrize("headers", ["", "X-Request-Id: abc\r\n"], ids=["unread", "parsed"])
@pytest.mark.parametrize("config", [replace(CONFIG, drain_deadline_seconds=10)])
def test_a_refusal_during_the_drain_sends_its_client_elsewhere(port: int, headers: str) -> None:
    busy, shed = overfilled(port, "/login", LOGIN)
    assert b"Connection: close" not in shed.recv(65536)
    DRAINING.set()
    shed.sendall(post("/login", headers=headers))

    refusal = shed.recv(65536)

    assert refusal.startswith(b"HTTP/1.1 503 ") and b"\r\nConnection: close\r\n" in refusal
    let_go([*busy])
    shed.close()


def test_a_full_lane_leaves_the_other_alone(port: int) -> None:
    busy = occupied(port, "/login", 1)
    assert STARTED.acquire(timeout=10)
    busy += occupied(port, "/login", POOLS[LOGIN].waiting)

    assert ask(port, post("/", "abcd"))[0].startswith("work-")
    let_go(busy)


@pytest.mark.parametrize("body", ["", "abcd"], ids=["loop", "workers"])
def test_who_asks_for_much_and_takes_nothing_stops_nobody(port: int, body: str) -> None:
    deaf = [hard_of_hearing(port) for _ in range(POOLS[WORK].threads)]
    for each in deaf:
        each.sendall(20 * post("/large", body))

    for _ in range(10):
        assert len(ask(port, post("/", body))) == 1
    for each in deaf:
        each.close()


def test_who_sends_requests_ahead_takes_his_turn_with_each(port: int) -> None:
    holding = occupied(port, "/hold", 1)
    assert STARTED.acquire(timeout=10)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as ahead:
        ahead.sendall(3 * post("/livez"))
        other = occupied(port, "/", 1)

        let_go(holding + other)

        assert ASKED[:3] == ["/hold", "/livez", "/"]
        answers = b""
        while answers.count(b" 200 OK") < 3:
            answers += ahead.recv(65536)


def test_a_probe_goes_first(port: int) -> None:
    holding = occupied(port, "/hold", 1)
    assert STARTED.acquire(timeout=10)
    connections = occupied(port, "/", 3) + occupied(port, "/livez", 1)

    let_go(holding + connections)

    assert ASKED == ["/hold", "/livez", "/", "/", "/"]


@pytest.mark.parametrize("config", [replace(CONFIG, request_timeout_seconds=0.2)])
def test_unfinished_request_is_refused_and_a_silent_client_not(port: int) -> None:
    """The time counts from the first byte of a request."""
    silent, head, body = (socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(3))
    with silent, head, body:
        head.sendall(b"POST / HT")
        body.sendall(post("/", "abcdef")[:-1])

        assert everything(head).startswith(b"HTTP/1.0 408 Request Timeout")
        assert everything(body).startswith(b"HTTP/1.1 408 Request Timeout")
        silent.sendall(post("/"))
        assert status(silent) == 200


def test_who_may_send_a_body_is_told_so(port: int) -> None:
    """Also behind a request that still waits for its answer."""
    head = post("/", "abc", "Expect: 100-continue\r\n")[:-3]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as polite:
        for before in (b"", post("/", "abcd")):
            polite.sendall(before + head)
            got = b""
            while not got.endswith(b"HTTP/1.1 100 Continue\r\n\r\n"):
                got += polite.recv(65536)
            assert got.count(b" 200 OK") == bool(before)
            polite.sendall(b"abc")
            assert status(polite) == 200


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
def test_who_need_not_send_a_body_has_the_answer_at_once(port: int, headers: str, expected: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as polite:
        polite.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{headers}\r\n\r\n".encode())

        assert status(polite) == expected


@pytest.mark.parametrize("config", [replace(CONFIG, max_body_bytes=4)])
def test_who_leaves_before_he_is_told_to_go_on_holds_nothing(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_HELD_BYTES", 8)
    for _ in range(2):
        leaving = socket.create_connection(("127.0.0.1", port), timeout=10)
        leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a close is a reset
        leaving.sendall(post("/", "abcdef", "Expect: 100-continue\r\n")[:-1])
        leaving.close()

    assert len(ask(port, post("/", "abcdef"))) == 1


@pytest.mark.parametrize("config", [replace(CONFIG, request_timeout_seconds=0.2)])
def test_response_that_is_not_taken_in_time_is_given_up(port: int, metrics: Metrics) -> None:
    """Also where more requests wait behind it."""
    with hard_of_hearing(port) as one, hard_of_hearing(port) as many:
        for client, number in ((one, 1), (many, 20)):
            client.sendall(number * post("/large"))
            assert client.recv(1) == b"H"
        assert connections(metrics) == 2
        while connections(metrics):
            time.sleep(0.01)

    assert ask(port, post("/")) == ["the-loop"]


def connections(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("ml_census_connections")


@pytest.mark.parametrize("config", [replace(CONFIG, request_timeout_seconds=30)])
def test_the_time_to_take_an_answer_begins_with_each(port: int, clocks: Callable[..., None]) -> None:
    with hard_of_hearing(port) as slow:
        for passed in (20, 40, 60):
            slow.sendall(post("/large"))
            assert slow.recv(1)
            clocks(of_both=passed)
            for _ in range(2):  # a turn of the loop that looks who is late is over
                assert ask(port, post("/")) == ["the-loop"]
            got = 1
            while got < 8_000_000 and (piece := slow.recv(1_000_000)):
                got += len(piece)
            assert got >= 8_000_000


def test_answers_that_are_not_taken_do_not_fill_the_memory(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has waited for longest with most is given up."""
    monkeypatch.setattr(limits, "MAX_HELD_BYTES", 20_000_000)
    deaf = [hard_of_hearing(port) for _ in range(3)]
    for each in deaf:
        each.sendall(post("/large", headers="Connection: close\r\n"))
        assert each.recv(1) == b"H"

    assert ask(port, post("/")) == ["the-loop"]

    assert [len(everything(each)) > 8_000_000 for each in deaf] == [False, True, True]
    for each in deaf:
        each.close()


def test_large_response_needs_no_disk(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError):
        tempfile.TemporaryFile()

    assert [len(answer) for answer in ask(port, post("/large"))] == [8_000_000]


@pytest.mark.parametrize("config", [replace(CONFIG, keep_alive_timeout_seconds=620)])
def test_a_connection_may_be_silent_for_nearly_as_long_as_is_said(port: int, clocks: Callable[..., None]) -> None:
    """Google's load balancer uses one that was silent for 600 seconds. A clock that is set cuts nobody off."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as silent:
        for of_day, passed in ((0, 0), (0, 610), (86400, 610), (-86400, 1220)):
            clocks(of_day, passed)
            for _ in range(2):  # a turn of the loop that looks who is silent is over
                assert ask(port, post("/")) == ["the-loop"]
            silent.sendall(post("/"))
            assert status(silent) == 200

        clocks(of_both=1841)
        assert silent.recv(1) == b""


@pytest.mark.parametrize("config", [replace(CONFIG, drain_deadline_seconds=60)])
def test_a_clock_that_is_set_does_not_stretch_the_drain(port: int, clocks: Callable[..., None]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as silent:
        silent.sendall(post("/"))
        assert status(silent) == 200
        clocks(of_day=-3600)
        DRAINING.set()

        assert silent.recv(1) == b""


@pytest.mark.parametrize("config", [replace(CONFIG, max_body_bytes=50_000)])
def test_unfinished_requests_do_not_fill_the_memory(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has taken longest over most is refused, and not who comes next."""
    monkeypatch.setattr(limits, "MAX_HELD_BYTES", 100_000)
    unfinished = post("/", "x" * 60_000)[:-1]
    little, much, last = (socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(3))
    with little, much, last:
        little.sendall(post("/", "abcd")[:-1])
        for each in (much, last):
            each.sendall(unfinished)
            assert ask(port, post("/")) == ["the-loop"]

        assert status(much) == 503
        for each, rest in ((little, b"d"), (last, b"x")):
            each.sendall(rest)
            assert status(each) == 200
        # what was held is given back, whoever gave up
        second_try = post("/", "x" * 90_000)
        assert len(ask(port, second_try)) == 1


@pytest.mark.parametrize("max_connections", [3], indirect=True)
def test_new_connection_evicts_the_longest_idle(max_connections: None, port: int) -> None:
    busy = occupied(port, "/slow", 1)
    assert STARTED.acquire(timeout=10)
    (oldest,) = occupied(port, "/", 1)
    assert status(oldest) == 200  # who comes while it waits may be read first
    (younger,) = occupied(port, "/", 1)
    assert status(younger) == 200

    assert ask(port, post("/")) == ["the-loop"]

    assert oldest.recv(1) == b""
    younger.sendall(post("/"))
    let_go([younger, *busy])
    oldest.close()


@pytest.mark.parametrize("max_connections", [2], indirect=True)
def test_new_connection_evicts_the_slowest_where_none_is_idle(max_connections: None, port: int) -> None:
    slow = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(2)]
    for each in slow:
        each.sendall(b"POST / HTTP/1.1\r\n")
        time.sleep(0.05)

    assert ask(port, post("/")) == ["the-loop"]

    assert slow[0].recv(1) == b""
    for each in slow:
        each.close()


def test_a_refusal_reaches_who_is_still_sending(port: int) -> None:
    """Closed with unread bytes, a connection would be reset, and the answer with it."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sender:
        sender.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
        for _ in range(100):
            sender.sendall(b"x" * 100_000)

        assert status(sender) == 413


def test_drain_lets_in_whom_it_answers_and_nobody_else(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel would let a client in whose request the server resets when it closes the socket."""
    monkeypatch.setattr(server, "HANDSHAKE_SECONDS", 1)
    DRAINING.set()

    with pytest.raises(TimeoutError):  # the socket is still open: it refuses nobody, and lets nobody in
        for _ in range(10_000):
            with socket.create_connection(("127.0.0.1", port), timeout=0.2) as newcomer:
                newcomer.settimeout(10)
                newcomer.sendall(post("/"))
                assert status(newcomer) == 200


def test_drain_ends_where_descriptors_have_run_out(port: int) -> None:
    with socket.socket() as waiting:
        waiting.settimeout(10)
        with without_descriptors():
            waiting.connect(("127.0.0.1", port))
            DRAINING.set()

            with pytest.raises(ConnectionResetError):
                waiting.recv(1)


@contextmanager
def without_descriptors() -> Iterator[None]:
    """This process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_who_is_late_with_a_second_request_after_the_last_answer_has_no_second_answer(
    port: int, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_connection, "LINGER_SECONDS", 0)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(post("/", headers="Connection: close\r\n") + b"POST / HT")
        while connections(metrics) or not ASKED:
            time.sleep(0.01)

    counted = next(each for each in metrics.registry.collect() if each.name == "ml_census_requests")
    assert [sample.labels["status"] for sample in counted.samples] == ["200"]


@pytest.mark.parametrize("config", [replace(CONFIG, drain_deadline_seconds=0)])
def test_nobody_who_predicts_or_hashes_holds_up_the_end(port: int) -> None:
    """Kubernetes waits for a second more than delay and deadline, then it kills. These are at work for a minute."""
    busy = occupied(port, "/slow", POOLS[WORK].threads) + occupied(port, "/login", POOLS[LOGIN].threads + 1)
    for _ in busy[:-1]:
        assert STARTED.acquire(timeout=10)
    (loop,) = [thread for thread in threading.enumerate() if thread.name == "the-loop"]
    DRAINING.set()

    loop.join(30)

    assert not loop.is_alive()
    assert [everything(each) for each in busy] == [b""] * len(busy)
    for each in busy:
        each.close()
