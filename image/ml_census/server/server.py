"""Serve a WSGI application with waitress: shed what is too much, cut off who is too slow, end without losing a request.

waitress has neither bounded queues nor a drain of its own (its issue 198). This one owns the loop; the names that it
uses beyond waitress's documented interface hold for the pinned version: TcpWSGIServer, add_task, pull_trigger,
handle_accept, service, handle_error, channel_class, _map, active_channels, accepting, del_channel, will_close. wire.py
has a list of its own.
"""

import logging
import resource
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol

from waitress import wasyncore
from waitress.server import TcpWSGIServer
from waitress.utilities import Error

from ml_census.config import Config, cors
from ml_census.observability import access_log
from ml_census.observability.metrics import Metrics
from ml_census.server import wire
from ml_census.server.syn_filter import drop_new_connections
from ml_census.server.worker_pools import WORK, WorkerPools

log = logging.getLogger(__name__)

TICK_SECONDS = 0.2
SWITCH_SECONDS = 0.0005
REST_SECONDS = 0.05
"""So long at most the loop rests after a turn in which it shed: each turn asks each connection and takes the
interpreter from those who predict, and ten refusals in one turn take it once."""
QUIET_SECONDS = 0.5
"""A connection that was silent for so long has no request on its way."""
CONNECTIONS = 1000
"""Maximum number of connections; one more evicts the connection that has been silent for longest."""
SPARE_DESCRIPTORS = 100
"""File descriptors that connections leave to files, the bucket, the metrics port and a sandbox."""
ACCEPTED_AT_ONCE = 256
QUICK_WAITING = 512
QUICK_SECONDS = 0.02
"""Maximum time of one turn for probes, and again for quick requests; then the loop reads what else has come."""
HELD_BYTES = 64 * 1024**2
"""Maximum of unfinished requests and of answers that are not taken, over all clients; twice max_body_bytes where that
is more, so that a single request is never refused for its share."""

HANDSHAKE_SECONDS = 0.2
"""Who has sent a SYN gets through with the rest of its handshake."""

PROBE, QUICK = "probe", "quick"
"""Lanes of the loop itself; those of threads are in lanes.py."""


class ScheduledApplication(Protocol):
    """What is served."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """WSGI (PEP 3333)."""

    def queue_for(self, path: str, length: int) -> str:
        """Who runs a request with a body of so many bytes: "probe" or "quick" (it takes no longer than to hand it to
        another thread), "login" or "work"."""

    def metric_route(self, path: str) -> str:
        """One of few names, by which requests are counted."""

    def error_body(self, path: str, status: int, message: str) -> bytes:
        """The body of an answer that says why a request is not for the application, in JSON."""


def serve(
    app: ScheduledApplication,
    host: str,
    port: int,
    config: Config,
    draining: threading.Event,
    opened: Callable[[int], None],
    metrics: Metrics,
) -> None:
    """Serve until `draining` is set and the drain is over. `opened` is called with the port once the socket is open.

    The drain: for drain_delay_seconds new connections are still accepted (the load balancer may not know yet), each
    answer closes its connection; then the socket closes, what is in flight has drain_deadline_seconds to finish.
    Raises OSError if the port cannot be had.
    """
    wire.patch_chunk_patterns()
    # A thread that predicts gives way after so long: with Python's 5 ms a probe waited 0.1 s for its turns, and much
    # less costs more than it gives.
    sys.setswitchinterval(SWITCH_SECONDS)
    # Twice the application's limit: who is a little above gets its 413 from there, with the rest of the body read.
    max_body_bytes = 2 * config.max_body_bytes
    server = _Server(
        app,
        config,
        draining,
        metrics,
        host=host,
        port=port,
        ident=None,
        max_request_body_size=max_body_bytes,
        # in memory: a file would need a disk that can be written to
        inbuf_overflow=max_body_bytes + 1,
        outbuf_overflow=sys.maxsize,
        outbuf_high_watermark=sys.maxsize,  # a worker would wait there until the client takes what it has
        max_request_header_size=16 * 1024,
        channel_timeout=sys.maxsize,  # it goes by the time of day
        backlog=1024,
        # select() ends the process beyond 1,024 sockets, poll() has no such limit
        asyncore_use_poll=True,
        connection_limit=2 * CONNECTIONS,
        # the application decides whether to believe them
        clear_untrusted_proxy_headers=False,
    )
    opened(int(server.effective_port))
    while not draining.is_set():
        server.tick()
    log.info("draining: still accepting for %g s", config.drain_delay_seconds)
    end = time.monotonic() + config.drain_delay_seconds
    _tick_until(end, server, lambda: False)
    _stop_accepting(server)
    if not _tick_until(end + config.drain_deadline_seconds, server, lambda: _closed_idle(server)):
        log.warning("deadline: %d connection(s) still open", len(server.active_channels))
    server.task_dispatcher.stop()
    wasyncore.close_all(server._map)
    log.info("stopped")


def _connections_allowed() -> int:
    """Raise the soft limit of open files to what CONNECTIONS need; return how many connections the limit leaves.

    At the limit accept() fails, and the loop would try again without pause until a connection ends.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = CONNECTIONS + SPARE_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if soft < needed:
            allowed = max(soft - SPARE_DESCRIPTORS, 1)
            log.warning("maximum %d connections, not %d: ulimit -Hn is %d", allowed, CONNECTIONS, soft)
            return allowed
    return CONNECTIONS


class _Server(TcpWSGIServer):  # type: ignore[misc]
    """Answers probes and quick requests on the thread of the loop: to wake a worker, and then the loop again, costs a
    third of a small request, and the interpreter's lock lets only one of them run anyway. All others are for lanes of
    workers, so that no slow one holds up the loop."""

    def __init__(
        self, app: ScheduledApplication, config: Config, draining: threading.Event, metrics: Metrics, **settings: Any
    ) -> None:
        self._queue_for = app.queue_for
        self._route_of = app.metric_route
        self._error_body = app.error_body
        self._too_large = f"the body is larger than max_body_bytes ({config.max_body_bytes} bytes)"
        self._sheds: dict[str, bytes] = {}
        self._metrics = metrics
        self._deadline = config.request_timeout_seconds
        self.has_cors = bool(config.cors_origins)
        self.cors = partial(cors.headers, cors.as_sent(config.cors_origins))
        """Method and headers of a request -> what its answer says to browsers."""
        self._keep_alive = config.keep_alive_timeout_seconds
        self.draining = draining
        self.untaken: deque[wire.Channel] = deque()
        """Whose client has not taken an answer at once."""
        self._loop_thread = threading.get_ident()
        self._probes: deque[wire.Channel] = deque()
        self._quick: deque[wire.Channel] = deque()
        self._held_bytes = 0
        self._next_look = 0.0
        self._has_shed = False
        self._connections = _connections_allowed()
        super().__init__(app, dispatcher=WorkerPools(), **settings)
        self.channel_class = wire.Channel
        waiting = self.task_dispatcher.waiting() | {QUICK: lambda: len(self._quick)}
        metrics.watch_server(waiting, lambda: len(self.active_channels), draining)

    def tick(self) -> None:
        """One turn of the loop."""
        if self._has_shed:
            self._has_shed = False
            self._pause_after_shedding()
        is_behind = self._quick or self._probes
        wasyncore.loop(timeout=0 if is_behind else TICK_SECONDS, map=self._map, use_poll=True, count=1)
        self._answer_some(self._probes)
        self._answer_some(self._quick)
        while self.untaken:
            self.untaken.popleft().track_unsent_response()
        while self._held_bytes > max(HELD_BYTES, self.adj.max_request_body_size):
            self._abort_largest_buffer()
        if (now := time.monotonic()) > self._next_look:
            self._next_look = now + 1
            self._abort_timed_out()

    def _pause_after_shedding(self) -> None:
        """Hear nobody but newcomers, such as probes, while those who predict have enough to do."""
        end = time.monotonic() + REST_SECONDS
        known = self._map.keys() - {self._fileno}
        while self.accepting and time.monotonic() < end and self.task_dispatcher.is_busy(WORK):
            wasyncore.poll2(REST_SECONDS / 5, {each: self._map[each] for each in self._map.keys() - known})
            self._answer_some(self._probes)

    def _answer_some(self, channels: deque[wire.Channel]) -> None:
        """Answer for QUICK_SECONDS at most: probes need no token, and a flood of them leaves time for predictions."""
        end = time.monotonic() + QUICK_SECONDS
        while channels and time.monotonic() < end:
            self._answer(channels)

    def _answer(self, channels: deque[wire.Channel]) -> None:
        """The first of them."""
        channel = channels.popleft()
        try:
            channel.service()
        except Exception:  # as the loop itself does: it ends the connection, not the server
            channel.handle_error()

    def add_task(self, channel: wire.Channel) -> None:
        """The channel has a whole request."""
        request = channel.requests[0]
        request.whole_since = time.monotonic()
        is_quick = request.error or request.command == "OPTIONS"  # a preflight to /login waits for no hash
        # a compressed body may be a thousand times as large
        length = sys.maxsize if "CONTENT_ENCODING" in request.headers else request.body_bytes_received
        lane = QUICK if is_quick else self._queue_for(request.path, length)
        if lane == PROBE:
            self._probes.append(channel)
            return
        if request.error or (lane == QUICK and len(self._quick) < QUICK_WAITING):
            self._quick.append(channel)
        elif lane == QUICK or not self.task_dispatcher.add_task(lane, channel):
            self._has_shed |= lane == WORK
            self._metrics.shed(lane)
            request.error = wire.OVERLOADED
            self._quick.append(channel)

    def handle_accept(self) -> int:
        """Let in all who wait, and not one a turn of the loop: a probe may be behind the others. What they have sent
        already is read in the same turn. Returns how many they are."""
        newcomers = []
        for _ in range(ACCEPTED_AT_ONCE):
            known = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == known:
                break
            if known >= min(CONNECTIONS, self._connections):
                self._evict_idle()
            newcomers.append(next(reversed(self.active_channels)))
        wasyncore.poll2(0, {each: self._map[each] for each in newcomers if each in self._map})
        return len(newcomers)

    def is_full(self) -> bool:
        """Whether any lane has no room."""
        return bool(self.task_dispatcher.is_full())

    def error_body(self, path: str, error: Error) -> bytes:
        """The body of what is answered to such a request."""
        is_large = error.code == 413
        return self._error_body(path, int(error.code), self._too_large if is_large else f"{error.reason}: {error.body}")

    def shed(self, path: str, length: int, name: str, trace: str) -> bytes | None:
        """The answer to such a POST, but for its id, if there is no room for it; it is then counted as refused."""
        lane = self._queue_for(path, length)
        if lane in (PROBE, QUICK) or not self.task_dispatcher.is_full(lane) or self.draining.is_set():
            return None
        self._has_shed |= lane == WORK
        self._metrics.shed(lane)
        route = self._route_of(path)
        self._metrics.answered(route, wire.OverloadedError.code, 0)
        if access_log.is_enabled():
            access_log.write("POST", route, wire.OverloadedError.code, 0, name, trace)
        if route not in self._sheds:  # to make one takes as long as to refuse
            self._sheds[route] = wire.shed(self.error_body(path, wire.OVERLOADED))
        return self._sheds[route]

    def answered(self, request: wire.Parser, status: int) -> None:
        """The answer to a request is on its way."""
        route, seconds = self._route_of(request.path), time.monotonic() - request.whole_since
        self._metrics.answered(route, status, seconds)
        if access_log.is_enabled() and (status != 200 or self._queue_for(request.path, 0) != PROBE):
            access_log.write(request.command, route, status, seconds, request.name, request.trace)

    def hold(self, channel: wire.Channel, more: int) -> None:
        """The channel holds so many bytes more, of all that are held."""
        channel.held_bytes += more
        self._held_bytes += more

    def pull_trigger(self) -> None:
        """Wake the loop, which is awake if it is itself that calls."""
        if threading.get_ident() != self._loop_thread:
            super().pull_trigger()

    def _evict_idle(self) -> None:
        *channels, _newcomer = self.active_channels.values()
        idle = [channel for channel in channels if channel.is_idle()]
        if idle:
            min(idle, key=lambda channel: channel.last_activity).handle_close()
        elif slow := [channel for channel in channels if channel.waiting_since is not None]:
            min(slow, key=lambda channel: channel.waiting_since).handle_close()

    def _abort_largest_buffer(self) -> None:
        """And for longest: to refuse who comes next would leave the room to those who fill it."""
        now = time.monotonic()
        holding = [channel for channel in self.active_channels.values() if channel.held_bytes]
        worst = max(holding, key=lambda channel: channel.held_bytes * (now - channel.waiting_since))
        worst.give_up(wire.OverloadedError("too many requests are being sent already"))

    def _abort_timed_out(self) -> None:
        now = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_timed_out(now, self._deadline):
                channel.give_up(wire.RequestTimeoutError("the request did not come in time"))
            elif channel.is_idle() and now - channel.last_activity > self._keep_alive:
                channel.handle_close()


def _tick_until(end: float, server: _Server, done: Callable[[], bool]) -> bool:
    """Let the loop run until it is done or that time has come; whether it was done."""
    while not (finished := done()) and time.monotonic() < end:
        server.tick()
    return finished


def _stop_accepting(server: _Server) -> None:
    """Close the listening socket. The kernel resets whom it has let in by then and nobody has accepted: so it lets in
    nobody any more (who tries again a second later is refused), and the last ones are accepted."""
    if drop_new_connections(server.socket):
        _tick_until(time.monotonic() + HANDSHAKE_SECONDS, server, lambda: False)
    while server.handle_accept():  # ends also where descriptors have run out, and nobody can be let in
        pass
    server.accepting = False
    server.del_channel()
    server.socket.close()


def _closed_idle(server: _Server) -> bool:
    """Close connections that are idle and silent; whether none is left."""
    for channel in list(server.active_channels.values()):
        if channel.is_idle() and time.monotonic() - channel.last_activity > QUIET_SECONDS:
            channel.will_close = True
    return not server.active_channels
