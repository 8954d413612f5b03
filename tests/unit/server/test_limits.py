"""Which connection a limit ends, from the state of connections alone."""

import socket
import time

import pytest

from ml_census.server.connection import Connection
from ml_census.server.limits import largest_buffer, to_evict, turn_of
from support.running_server import parsed, post


def connection(**state: object) -> Connection:
    """Return a connection in a state."""
    result = Connection(socket.socket(), ("127.0.0.1", 0))
    result.socket.close()
    for name, value in state.items():
        setattr(result, name, value)
    return result


def unfinished(**state: object) -> Connection:
    """Return a connection with a request of which a part is missing."""
    return connection(partial=parsed(b"POST / HT"), **state)


def test_longest_idle_connection_is_evicted() -> None:
    younger, oldest = connection(last_activity=5), connection(last_activity=3)

    assert to_evict([unfinished(waiting_since=1, last_activity=1), younger, oldest]) is oldest


def test_slowest_connection_is_evicted_if_none_is_idle() -> None:
    slow, slowest = unfinished(waiting_since=5), unfinished(waiting_since=3)

    assert to_evict([slow, slowest]) is slowest


def test_lingering_connection_is_evicted_before_a_slow_one() -> None:
    """A malformed request costs nothing: a client must not fill the server with connections that linger."""
    lingering = connection(lingers_until=9, last_activity=7)

    assert to_evict([unfinished(waiting_since=1, last_activity=1), lingering]) is lingering


def test_answered_connections_are_not_evicted() -> None:
    assert to_evict([connection(answering=parsed(post("/")))]) is None


@pytest.mark.parametrize(
    ("buffered_bytes", "seconds"), [((100, 10), (1, 1)), ((10, 10), (9, 1)), ((10, 100), (30, 2)), ((1, 0), (1, 100))]
)
def test_largest_buffer_has_most_bytes_times_seconds(buffered_bytes: tuple[int, int], seconds: tuple[int, int]) -> None:
    now = time.monotonic()
    first, second = (
        connection(buffered_bytes=held, waiting_since=now - waited)
        for held, waited in zip(buffered_bytes, seconds, strict=True)
    )

    assert largest_buffer([second, first]) is first


@pytest.mark.parametrize(("since", "expected"), [(None, False), (90, False), (89, True)])
def test_connection_is_timed_out_after_its_seconds(since: float | None, expected: bool) -> None:
    assert connection(waiting_since=since).is_timed_out(seconds=10, now=100) is expected


@pytest.mark.parametrize(("since", "expected"), [(90, False), (89, True)])
def test_connection_is_idle_after_its_seconds(since: float, expected: bool) -> None:
    assert connection(last_activity=since).is_idle_for(seconds=10, now=100) is expected


def test_connection_with_a_request_is_never_idle() -> None:
    assert not unfinished(last_activity=0).is_idle_for(seconds=10, now=100)


def test_new_and_longest_waiting_connections_come_first() -> None:
    """A turn is bounded in time. Connections that always have data must not keep one that is later in the list."""
    earlier, later = connection(last_activity=1), connection(last_activity=2)

    assert sorted([(later, 1), (earlier, 1), (None, 1)], key=turn_of) == [(None, 1), (earlier, 1), (later, 1)]
