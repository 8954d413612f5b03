"""Event loop in one thread: accepts connections, reads requests, sends responses and enforces the limits."""

import logging
import socket
import time
from collections import deque
from collections.abc import Callable

from ml_census.server.connection import Connection, accept_waiting
from ml_census.server.limits import BUFFERED_TOO_MUCH, TIMED_OUT, Limits, largest_buffer, to_evict, turn_of
from ml_census.server.parser import Request, RequestError
from ml_census.server.poller import READ, WRITE, Poller
from ml_census.server.responder import Responder, Response
from ml_census.server.scheduler import FAST, OVERLOADED, POOLS, PROBE, WORK, Scheduler, WorkerPool

log = logging.getLogger(__name__)

POLL_INTERVAL_SECONDS = 0.2
TURN_SECONDS = 0.02
"""Maximum time of one iteration for socket events, for probes and for fast requests, each.

A prediction may keep the interpreter lock after a system call: 200 reads took 0.1 s.
"""
REJECTION_PAUSE_SECONDS = 0.02
"""Maximum pause after an iteration that rejected predictions.

Predictions cannot run while Python code rejects a request. At ten times the capacity, a
pod answered 0.93 of it with p99 0.29 s (`ci/e2e -k ten_times`). No pause: 0.65 (wrk).
"""


class EventLoop:
    """Event loop over all connections. Worker threads put each answered connection into `_done`."""

    def __init__(
        self, listener: socket.socket, limits: Limits, queue_for: Callable[[str, str, int], str], responder: Responder
    ) -> None:
        self.connections: dict[Connection, None] = {}
        self._limits = limits
        self._responder = responder
        self._listener = listener
        self._port = int(listener.getsockname()[1])
        self._probes: deque[Connection] = deque()
        self._fast: deque[Connection] = deque()
        self._pipelined: deque[Connection] = deque()
        self._done: deque[Connection] = deque()
        self._pools = {name: WorkerPool(name, spec, self._work) for name, spec in POOLS.items()}
        self.queue_lengths = {name: pool.__len__ for name, pool in self._pools.items()} | {FAST: self._fast.__len__}
        self._scheduler = Scheduler(queue_for, self.queue_lengths)
        self._has_rejected = False
        self._buffered_bytes = 0
        self._next_check = 0.0
        self._poller = Poller[Connection | None]()
        listener.setblocking(False)
        self._poller.watch(listener, READ, None)

    def run_once(self) -> None:
        """Run one iteration: handle socket events, answer probes and fast requests, and enforce the limits."""
        if self._has_rejected:
            self._has_rejected = False
            self._pause()
        is_behind = self._probes or self._fast or self._pipelined
        events = self._poller.poll(0 if is_behind else POLL_INTERVAL_SECONDS)
        end = time.monotonic() + TURN_SECONDS
        for connection, mask in sorted(events, key=turn_of):
            if connection is None:
                self.accept()
            elif time.monotonic() < end:  # poll() reports the other events again
                self._guarded(self._send if mask & WRITE else self._read, connection)
        for _ in range(len(self._done)):
            self._guarded(self._after_send, self._done.popleft())
        for _ in range(len(self._pipelined)):
            self._guarded(self._parse, self._pipelined.popleft())
        self._answer_some(self._probes)
        self._answer_some(self._fast)
        while self._buffered_bytes > self._limits.buffered_bytes:
            self._abort(largest_buffer(self.connections), BUFFERED_TOO_MUCH)
        if (now := time.monotonic()) > self._next_check:
            self._next_check = now + 1
            self._end_timed_out(now)

    def accept(self) -> list[Connection]:
        """Accept the waiting clients, read the bytes that have arrived, and return the new connections."""
        accepted: list[Connection] = []
        for connection in accept_waiting(self._listener):
            if len(self.connections) >= self._limits.connections and (evicted := to_evict(self.connections)):
                self._close(evicted)
            self.connections[connection] = None
            self._poller.watch(connection.socket, READ, connection)
            self._guarded(self._read, connection)
            accepted.append(connection)
        return accepted

    def stop_accepting(self) -> None:
        """Close the listening socket."""
        self._poller.forget(self._listener)
        self._listener.close()

    def close_idle(self, seconds: float) -> None:
        """Close the connections that have been idle for more than `seconds`."""
        now = time.monotonic()
        for connection in [each for each in self.connections if each.is_idle_for(seconds, now)]:
            self._close(connection)

    def shutdown(self) -> None:
        """Close all connections. Queued requests do not start, and running worker threads are not awaited."""
        for pool in self._pools.values():
            pool.shutdown()
        for connection in list(self.connections):
            self._close(connection)
        self._poller.close()

    def _pause(self) -> None:
        """Serve only new connections, such as probes, while at least half of the queue of predictions is full."""
        end, new = time.monotonic() + REJECTION_PAUSE_SECONDS, list[Connection]()
        while 2 * self.queue_lengths[WORK]() >= POOLS[WORK].waiting and time.monotonic() < end:
            new += self.accept()
            for connection in new:
                self._guarded(self._read, connection)
            self._answer_some(self._probes)
            time.sleep(0.005)  # the longest wait of a probe during the pause

    def _guarded(self, action: Callable[[Connection], None], connection: Connection) -> None:
        """Run an action on an open connection. If the action fails, close only this connection."""
        if not connection.is_open:
            return
        try:
            action(connection)
        except Exception as error:
            log.error("connection closed: %s", type(error).__name__)
            self._close(connection)

    def _read(self, connection: Connection) -> None:
        if connection.answering or connection.unsent or connection.received:
            return  # the kernel keeps the bytes until earlier requests have responses
        if not connection.receive():
            self._close(connection)
        elif connection.lingers_until is None:
            self._parse(connection)

    def _parse(self, connection: Connection) -> None:
        if connection.answering or connection.unsent:
            return
        if request := connection.parse(self._limits.parser):
            self._dispatch(connection, request)
        elif connection.partial:
            self._account_buffered(connection, connection.partial.body_bytes_received)
            if connection.unsent:
                self._poller.watch(connection.socket, WRITE, connection)

    def _dispatch(self, connection: Connection, request: Request) -> None:
        """Put a complete request into its queue. If the queue is full, the response is a 503."""
        request.complete_since = time.monotonic()
        connection.answering = request
        self._account_buffered(connection, 0)
        queue, has_room = self._scheduler.assign(request)
        if not has_room:
            self._has_rejected |= queue == WORK
            self._responder.metrics.record_rejection(queue)
            request.error = OVERLOADED
        if queue == PROBE:
            self._probes.append(connection)
        elif queue == FAST or not has_room:
            self._fast.append(connection)
        else:
            self._poller.forget(connection.socket)
            self._pools[queue].submit(connection)

    def _answer_some(self, queue: deque[Connection]) -> None:
        end = time.monotonic() + TURN_SECONDS
        while queue and time.monotonic() < end:
            self._answer(connection := queue.popleft())
            self._guarded(self._after_send, connection)

    def _answer(self, connection: Connection) -> None:
        """Send the response. If the error response fails as well, send nothing and close the connection."""
        if not connection.is_open or not connection.answering:
            return
        try:
            response = self._responder.respond(connection.answering, connection.peer, self._port)
        except Exception as error:
            log.error("connection closed: %s", type(error).__name__)
            response = Response(b"", closes=True)
        connection.unsent, connection.closes = memoryview(response.data), response.closes
        connection.send()

    def _work(self, connection: Connection) -> None:
        """Answer a request in a thread of a pool."""
        self._answer(connection)
        self._done.append(connection)
        self._poller.wake()

    def _send(self, connection: Connection) -> None:
        if not connection.answering:
            connection.send()
            self._after_send(connection)

    def _after_send(self, connection: Connection) -> None:
        """Wait until the rest of the response can be sent, then close the connection or read the next request."""
        connection.answering = None
        if connection.partial:  # `unsent` was "100 Continue", no response
            self._poller.watch(connection.socket, WRITE if connection.unsent else READ, connection)
            return
        if connection.unsent:
            connection.waiting_since = connection.waiting_since or time.monotonic()
            self._account_buffered(connection, memoryview(connection.unsent.obj).nbytes)
            self._poller.watch(connection.socket, WRITE, connection)
            return
        self._account_buffered(connection, 0)
        connection.waiting_since = None
        if connection.closes:
            if connection.shut_down():
                self._poller.watch(connection.socket, READ, connection)
            else:
                self._close(connection)
            return
        self._poller.watch(connection.socket, READ, connection)
        if connection.received:
            self._pipelined.append(connection)

    def _account_buffered(self, connection: Connection, buffered_bytes: int) -> None:
        self._buffered_bytes += buffered_bytes - connection.buffered_bytes
        connection.buffered_bytes = buffered_bytes

    def _end_timed_out(self, now: float) -> None:
        """Close the connections, or abort the requests, that have exceeded their maximum time."""
        for connection in list(self.connections):
            has_lingered = connection.lingers_until is not None and now > connection.lingers_until
            if has_lingered or connection.is_idle_for(self._limits.keep_alive_seconds, now):
                self._close(connection)
            elif connection.is_timed_out(self._limits.request_seconds, now):
                self._abort(connection, TIMED_OUT)

    def _abort(self, connection: Connection, error: RequestError) -> None:
        """Send an error response to an unfinished request, or close a connection with an unsent response."""
        request, connection.partial = connection.partial, None
        if request is None or connection.unsent:  # the error response cannot follow a part of "100 Continue"
            self._close(connection)
            return
        request.error, connection.waiting_since, connection.received = error, None, b""
        self._dispatch(connection, request)

    def _close(self, connection: Connection) -> None:
        if not connection.is_open:
            return
        self._account_buffered(connection, 0)
        connection.is_open = False
        del self.connections[connection]
        self._poller.forget(connection.socket)
        connection.socket.close()
