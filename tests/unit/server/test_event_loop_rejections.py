"""Requests that a full queue rejects, over sockets."""

import pytest

from ml_census.server import event_loop, scheduler
from ml_census.server.scheduler import FAST, LOGIN, WORK
from support.running_server import LOOP, RunningServer, post, status


def rejections(server: RunningServer) -> dict[str, float | None]:
    """Return the counted rejections of each queue."""
    return {queue: server.metric("rejected_requests_total", queue=queue) for queue in (WORK, LOGIN, FAST)}


@pytest.mark.parametrize("path", ["/slow", "/login"])
def test_request_to_a_full_pool_is_rejected_at_once(server: RunningServer, path: str) -> None:
    waiting, rejected = server.overfill(path)

    assert status(rejected) == 503
    assert server.bodies(post("/livez")) == [LOOP]
    server.unblock(waiting)


def test_rejected_client_keeps_its_connection(server: RunningServer) -> None:
    waiting, rejected = server.overfill("/slow")
    assert status(rejected) == 503
    server.unblock(waiting)

    rejected.sendall(post("/slow"))

    assert status(rejected) == 200


@pytest.mark.parametrize(("path", "queue"), [("/slow", WORK), ("/login", LOGIN)])
def test_rejection_by_a_pool_is_counted_by_queue(server: RunningServer, path: str, queue: str) -> None:
    waiting, rejected = server.overfill(path)
    assert status(rejected) == 503
    rejected.sendall(post(path))
    assert status(rejected) == 503

    assert rejections(server) == {WORK: 0, LOGIN: 0, FAST: 0} | {queue: 2}
    server.unblock(waiting)


def test_rejection_by_the_fast_queue_is_counted(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scheduler.CAPACITY, FAST, 2)
    holding = server.send_blocked("/hold")
    waiting = server.send("/", 3)

    server.unblock(holding)

    assert sorted(status(client) for client in waiting) == [200, 200, 503]
    assert rejections(server) == {WORK: 0, LOGIN: 0, FAST: 1}


def test_pause_after_rejections_reads_new_connections_only(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Probes use new connections. A rejected client waits until the queue is half empty."""
    monkeypatch.setattr(event_loop, "REJECTION_PAUSE_SECONDS", 10)
    waiting, rejected = server.overfill("/slow")
    assert status(rejected) == 503
    rejected.sendall(post("/retried"))

    for number in (1, 2, 3):
        probes = server.send("/livez", number)
        assert [status(probe) for probe in probes] == [200] * number
        for probe in probes:
            probe.close()
    assert "/retried" not in server.app.paths

    server.unblock(waiting)
    assert status(rejected) == 200


def test_request_after_a_rejected_head_is_answered(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body would be read as the beginning of the next response."""
    monkeypatch.setitem(scheduler.CAPACITY, FAST, 0)

    assert server.bodies(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", post("/livez")) == ["", LOOP]


def test_malformed_request_to_a_full_queue_has_its_400(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection ends, since the place at which the next request begins is unknown."""
    monkeypatch.setitem(scheduler.CAPACITY, FAST, 0)

    (body,) = server.bodies(b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", post("/livez"))

    assert "400 Bad Request" in body
