"""Server: opens the socket, serves an application, and shuts down gracefully within a deadline."""

import logging
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

from ml_census.config import Config, cors
from ml_census.observability.metrics import Metrics
from ml_census.server.event_loop import EventLoop
from ml_census.server.limits import MAX_CONNECTIONS, Limits
from ml_census.server.parser import ParserLimits, patch_chunk_patterns
from ml_census.server.responder import Responder, ScheduledApplication
from ml_census.server.syn_filter import drop_new_connections

log = logging.getLogger(__name__)

SWITCH_INTERVAL_SECONDS = 0.0005
"""Value for sys.setswitchinterval(). With Python's default of 5 ms, predictions delayed
a probe by 0.1 s."""
BACKLOG = 1024
"""Maximum number of connections that the kernel holds until accept()."""
SPARE_DESCRIPTORS = 100
"""Number of file descriptors reserved for files, storage, the metrics port and a child
process that loads a model."""
HANDSHAKE_SECONDS = 0.2
"""Time in which clients can complete a TCP handshake after the drain delay."""
IDLE_GRACE_SECONDS = 0.5
"""Idle time after which the drain closes a connection. A request that was in transit
arrives within this time."""


def serve(
    app: ScheduledApplication,
    host: str,
    port: int,
    config: Config,
    draining: threading.Event,
    opened: Callable[[int], None],
    metrics: Metrics,
) -> None:
    """Serve until `draining` is set and the graceful shutdown (drain) is complete.

    The server calls `opened` with the port when the socket is open. The drain first
    accepts new connections for drain_delay_seconds, until load balancers have removed
    the pod. From the start of the drain, each connection closes after its response.
    After the delay, the listening socket closes. The remaining requests then have
    drain_deadline_seconds to finish. At the end, all connections close. Raises OSError
    if the port is not available.
    """
    patch_chunk_patterns()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    responder = _create_responder(app, config, draining, metrics)
    limits = _limits(config)
    listener = _open_socket(host, port)
    loop = EventLoop(listener, limits, app.queue_for, responder)
    in_flight = partial(responder.count_in_flight, loop.connections)
    metrics.watch_server(loop.queue_lengths, loop.connections.__len__, in_flight, draining)
    opened(int(listener.getsockname()[1]))
    while not draining.is_set():
        loop.run_once()
    _drain(loop, listener, config)


def _open_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def _create_responder(
    app: ScheduledApplication, config: Config, draining: threading.Event, metrics: Metrics
) -> Responder:
    too_large = f"the body is larger than max_body_bytes ({config.max_body_bytes} bytes)"
    origins = cors.normalize_origins(config.cors_origins)
    return Responder(app, metrics, draining.is_set, partial(cors.response_headers, origins), too_large)


def _limits(config: Config) -> Limits:
    return Limits(
        # the application rejects a body of up to twice the limit, and the connection
        # stays open
        ParserLimits(max_request_body_size=2 * config.max_body_bytes),
        config.request_timeout_seconds,
        config.keep_alive_timeout_seconds,
        _connections_allowed(),
    )


def _drain(loop: EventLoop, listener: socket.socket, config: Config) -> None:
    log.info("draining: still accepting for %g s", config.drain_delay_seconds)
    end = time.monotonic() + config.drain_delay_seconds
    _run_until(loop, end)
    # a close would reset connections whose handshake is complete and that accept() has
    # not returned yet
    if drop_new_connections(listener):
        _run_until(loop, time.monotonic() + HANDSHAKE_SECONDS)
    end += config.drain_deadline_seconds
    while loop.accept() and time.monotonic() < end:
        pass
    loop.stop_accepting()
    _finish_requests(loop, end)
    loop.shutdown()
    log.info("stopped")


def _finish_requests(loop: EventLoop, end: float) -> None:
    """Run the loop until all connections are closed, or until `end` in seconds of time.monotonic()."""
    while loop.connections and time.monotonic() < end:
        loop.close_idle(IDLE_GRACE_SECONDS)
        loop.run_once()
    if loop.connections:
        log.warning("deadline: %d connection(s) still open", len(loop.connections))


def _run_until(loop: EventLoop, end: float) -> None:
    while time.monotonic() < end:
        loop.run_once()


def _connections_allowed() -> int:
    """Raise the soft limit of open files for MAX_CONNECTIONS. Return the number of allowed connections.

    Without a free file descriptor accept() fails, and the event loop would call
    accept() again without a pause.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = MAX_CONNECTIONS + SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if soft < needed:
            allowed = max(soft - SPARE_DESCRIPTORS, 1)
            log.warning("maximum %d connections, not %d: ulimit -Hn is %d", allowed, MAX_CONNECTIONS, soft)
            return allowed
    return MAX_CONNECTIONS
