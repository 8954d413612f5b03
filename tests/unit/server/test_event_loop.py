"""Which thread answers a request, and in which order; connections that the loop keeps or ends."""

import socket
import struct
import tempfile
import time
from pathlib import Path

import pytest

from ml_census.server import connection
from ml_census.server.scheduler import POOLS, WORK
from support.running_server import FAST_BYTES, LARGE_BYTES, LOOP, RunningServer, post, read_until_closed, status

FAST, SLOWER = post("/", "a" * FAST_BYTES), post("/", "a" * (FAST_BYTES + 1))


def test_fast_request_is_answered_by_the_loop(server: RunningServer) -> None:
    assert server.bodies(FAST) == [LOOP]


def test_other_request_is_answered_by_a_worker(server: RunningServer) -> None:
    assert server.bodies(SLOWER)[0].startswith("work-")


def test_pipelined_requests_are_answered_in_their_order(server: RunningServer) -> None:
    bodies = server.bodies(FAST, SLOWER, FAST, FAST, SLOWER, SLOWER, FAST)

    assert [body == LOOP for body in bodies] == [True, False, True, True, False, False, True]


def test_pipelined_requests_before_a_half_close_are_answered(server: RunningServer) -> None:
    client = server.connect()
    client.sendall(3 * post("/livez"))
    client.shutdown(socket.SHUT_WR)

    assert read_until_closed(client).count(b" 200 OK") == 3


def test_pipelined_requests_take_turns_with_other_clients(server: RunningServer) -> None:
    holding = server.send_blocked("/hold")
    pipelining = server.connect()
    pipelining.sendall(3 * post("/livez"))
    other = server.send("/", 1)

    server.unblock(holding + other)

    assert server.app.paths[:3] == ["/hold", "/livez", "/"]
    responses = b""
    while responses.count(b" 200 OK") < 3:
        responses += pipelining.recv(65536)


def test_slow_requests_do_not_delay_fast_ones(server: RunningServer) -> None:
    slow = server.send("/slow", POOLS[WORK].threads + 1)

    assert server.bodies(FAST) == [LOOP]
    server.unblock(slow)


def test_probe_is_answered_before_fast_requests(server: RunningServer) -> None:
    holding = server.send_blocked("/hold")
    clients = server.send("/", 3) + server.send("/livez", 1)

    server.unblock(holding + clients)

    assert server.app.paths == ["/hold", "/livez", "/", "/", "/"]


def test_fast_request_does_not_wait_behind_all_probes(server: RunningServer) -> None:
    """Probes need no token. A client that floods the server with them takes at most half of the loop's time."""
    holding = server.send_blocked("/hold")
    probes, other = server.send("/slow-probe", 40), server.send("/", 1)

    server.unblock(holding + other)

    assert server.app.paths.index("/") < len(probes)
    assert [status(probe) for probe in probes] == [200] * len(probes)


def test_failing_fast_request_ends_neither_loop_nor_server(server: RunningServer) -> None:
    assert "internal server error" in server.bodies(post("/broken"))[0]
    assert server.bodies(FAST) == [LOOP]


def test_failing_error_body_closes_one_connection(server: RunningServer) -> None:
    assert server.bodies(post("/no-error-body")) == []
    assert server.bodies(FAST) == [LOOP]


def test_tls_handshake_is_closed_at_once(server: RunningServer) -> None:
    """Its client would wait for a response that it cannot read."""
    client = server.connect()
    client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")

    assert read_until_closed(client) == b""
    assert server.bodies(FAST) == [LOOP]


def segments_received(connection: socket.socket) -> int:
    """Return the number of TCP segments with data: tcpi_data_segs_in of Linux's struct tcp_info."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
    return int(struct.unpack_from("I", info, 152)[0])


def test_small_response_leaves_in_one_segment(server: RunningServer) -> None:
    client = server.connect()
    for _ in range(2):  # the rest of a first response would arrive before the second
        client.sendall(post("/livez"))
        assert status(client) == 200

    assert segments_received(client) == 2


@pytest.mark.parametrize("body", ["", "abcd"], ids=["loop", "workers"])
def test_unread_responses_delay_no_other_client(server: RunningServer, body: str) -> None:
    for _ in range(POOLS[WORK].threads):
        server.connect(receive_buffer=4096).sendall(20 * post("/large", body))

    for _ in range(10):
        assert len(server.bodies(post("/", body))) == 1


def test_large_response_is_sent_without_a_file(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError):
        tempfile.TemporaryFile()

    assert [len(body) for body in server.bodies(post("/large"))] == [LARGE_BYTES]


def test_error_reaches_a_client_that_still_sends(server: RunningServer) -> None:
    """A connection that is closed with unread bytes would be reset, and the client would lose the response."""
    client = server.connect()
    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
    for _ in range(100):
        client.sendall(b"x" * 100_000)

    assert status(client) == 413


def test_request_after_connection_close_has_no_response(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0)
    client = server.connect()
    client.sendall(post("/", headers="Connection: close\r\n") + b"POST / HT")
    while server.metric("connections") or not server.app.paths:
        time.sleep(0.01)

    counted = next(each for each in server.metrics.registry.collect() if each.name == "ml_census_requests")
    assert [sample.labels["status"] for sample in counted.samples] == ["200"]
