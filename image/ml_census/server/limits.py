"""Limits of the server, and functions that choose the connection to handle first or to close."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from ml_census.server.connection import Connection
from ml_census.server.parser import ParserLimits, RequestError

MAX_CONNECTIONS = 1000
"""Maximum number of open connections."""
MAX_BUFFERED_BYTES = 64 * 1024**2
TIMED_OUT = RequestError(408, "the request did not come in time")
BUFFERED_TOO_MUCH = RequestError(503, "too many requests are being sent already", retry_after=1)


@dataclass(frozen=True)
class Limits:
    """Limits of the event loop: request size, seconds for a request or response, idle seconds, and connections."""

    parser: ParserLimits
    request_seconds: float
    keep_alive_seconds: float
    connections: int = MAX_CONNECTIONS

    @property
    def buffered_bytes(self) -> int:
        """Maximum total bytes of unfinished requests and unsent responses; never below the maximum request size."""
        return max(MAX_BUFFERED_BYTES, self.parser.max_request_body_size)


def to_evict(connections: Iterable[Connection]) -> Connection | None:
    """Return the connection to close in favor of a new client, or None if all connections wait for a response.

    The first choice is the idle or lingering connection with the oldest activity. The
    second choice is the connection with the oldest unfinished request or unsent
    response.
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
    """Return the connection with the largest product of buffered bytes and seconds since `waiting_since`.

    Raises ValueError if no connection has buffered bytes.
    """
    now = time.monotonic()
    buffering = (each for each in connections if each.buffered_bytes)
    return max(buffering, key=lambda each: each.buffered_bytes * (now - (each.waiting_since or now)))


def turn_of(event: tuple[Connection | None, int]) -> float:
    """Return the sort key of an event: new clients (such as probes) first, then the oldest activity first.

    `event` is an item of Poller.poll(). Without this order, 300 uploads delayed another
    connection by 1.1 s.
    """
    return event[0].last_activity if event[0] else 0
