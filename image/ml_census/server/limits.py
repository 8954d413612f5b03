"""Limits of the server. The functions choose the connection to handle first or to end, and have no side effects."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from ml_census.server.connection import Connection
from ml_census.server.parser import ParserLimits, RequestError

MAX_CONNECTIONS = 1000
MAX_BUFFERED_BYTES = 64 * 1024**2
TIMED_OUT = RequestError(408, "the request did not come in time")
BUFFERED_TOO_MUCH = RequestError(503, "too many requests are being sent already", retry_after=1)


@dataclass(frozen=True)
class Limits:
    """Limits of the event loop: request size, time of a request or response, idle time, connections."""

    parser: ParserLimits
    request_seconds: float
    keep_alive_seconds: float
    connections: int = MAX_CONNECTIONS

    @property
    def buffered_bytes(self) -> int:
        """Maximum bytes of all unfinished requests and unsent responses, minimum the maximum size of one request."""
        return max(MAX_BUFFERED_BYTES, self.parser.max_request_body_size)


def to_evict(connections: Iterable[Connection]) -> Connection | None:
    """Return the connection to close for a new one, or None.

    The first choice is the idle or lingering connection with the oldest activity. The second choice is the connection
    with the oldest unfinished request or unsent response.
    """
    ended = [each for each in connections if each.is_idle or each.lingers_until is not None]
    if ended:
        return min(ended, key=lambda each: each.last_activity)
    return min(
        (each for each in connections if each.waiting_since is not None),
        key=lambda each: each.waiting_since or 0,
        default=None,
    )


def largest_buffer(connections: Iterable[Connection]) -> Connection:
    """Return the connection with the largest product of buffered bytes and seconds since `waiting_since`."""
    now = time.monotonic()
    buffering = (each for each in connections if each.buffered_bytes)
    return max(buffering, key=lambda each: each.buffered_bytes * (now - (each.waiting_since or now)))


def turn_of(event: tuple[Connection | None, int]) -> float:
    """Return the sort key of an event: new connections first, which probes use, then connections by last activity.

    In the order in which epoll reports events, 300 uploads kept another connection waiting for 1.1 s.
    """
    return event[0].last_activity if event[0] else 0
