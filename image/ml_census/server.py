"""Serve a WSGI application with waitress, and end without losing a request.

waitress has no drain of its own (its issue 198). This one owns the loop; the names that it uses beyond waitress's
documented interface hold for the pinned version: TcpWSGIServer, add_task, pull_trigger, service, handle_error,
channel_class, parser_class, task_class, error_task_class, _map, active_channels, accepting, del_channel, requests,
request, total_outbufs_len, last_activity, will_close, set_close_on_finish; of the parser error, completed, path,
body_bytes_received; of the task write, wrote_header, has_body, content_length, content_bytes_written.
"""

import json
import logging
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest

from ml_census.config import Config

log = logging.getLogger(__name__)

THREADS = 4
TICK_SECONDS = 0.2
QUIET_SECONDS = 0.5
"""A connection that was silent for so long has no request on its way."""


class Application(Protocol):
    """What is served."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """WSGI (PEP 3333)."""

    def is_quick(self, path: str, length: int) -> bool:
        """Whether a request with a body of so many bytes takes no longer than to hand it to another thread."""


def serve(
    app: Application, host: str, port: int, config: Config, draining: threading.Event, opened: Callable[[int], None]
) -> None:
    """Serve until `draining` is set and the drain is over. `opened` is called with the port once the socket is open.

    The drain: for drain_delay_seconds new connections are still accepted (the load balancer may not know yet), each
    answer closes its connection; then the socket closes, what is in flight has drain_deadline_seconds to finish.
    Raises OSError if the port cannot be had.
    """
    server = _Server(
        app,
        draining,
        host=host,
        port=port,
        threads=THREADS,
        ident=None,
        # Twice the application's limit: who is a little above gets a proper 413, not a reset connection.
        max_request_body_size=2 * config.max_body_bytes,
        max_request_header_size=16 * 1024,
        # select() ends the process beyond 1,024 sockets, poll() has no such limit
        asyncore_use_poll=True,
        connection_limit=1000,
    )
    opened(int(server.effective_port))
    while not draining.is_set():
        server.tick()
    log.info("draining: still accepting for %g s", config.drain_delay_seconds)
    _tick_for(server, config.drain_delay_seconds, lambda: False)
    _stop_accepting(server)
    if not _tick_for(server, config.drain_deadline_seconds, lambda: _closed_idle(server)):
        log.warning("deadline: %d connection(s) still open", len(server.active_channels))
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(server._map)
    log.info("stopped")


class _JsonErrorTask(ErrorTask):  # type: ignore[misc]
    """What waitress itself refuses (malformed or oversized requests) is refused in JSON, too."""

    def execute(self) -> None:
        error = self.request.error
        if (
            error.code == 501
        ):  # a transfer coding that waitress does not know is the client's error; 5xx invites retries
            error = BadRequest(error.body)
        body = json.dumps({"error message": f"{error.reason}: {error.body}"}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Some malformed requests raise in waitress's parser, which ends the connection without an answer."""

    path = ""  # a request that failed early has none, and waitress logs it when the client has left

    def received(self, data: bytes) -> int:
        try:
            consumed: int = super().received(data)
        except ValueError:  # an IPv6 address that is none, a length of more than 4,300 digits
            self.error = BadRequest("malformed request")
            self.completed = True
            consumed = len(data)
        return consumed


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _JsonErrorTask
    parser_class = _Parser


def _task(draining: threading.Event) -> type:
    class Task(WSGITask):  # type: ignore[misc]
        """Answers with "Connection: close" during the drain, so that keep-alive clients go elsewhere."""

        def build_response_header(self) -> bytes:
            if draining.is_set():
                self.set_close_on_finish()
            header: bytes = super().build_response_header()
            return header

        def write(self, data: bytes) -> None:
            if self.wrote_header or not self.has_body or len(data) != self.content_length:
                super().write(data)
                return
            # The whole answer at once: one send() in place of two, a fifteenth of a small request.
            self.channel.write_soon(self.build_response_header() + data)
            self.wrote_header: bool = True
            self.content_bytes_written = len(data)

    return Task


class _Server(TcpWSGIServer):  # type: ignore[misc]
    """Answers quick requests on the thread of the loop: to wake a worker, and then the loop again, costs a third of a
    small request, and the interpreter's lock lets only one of them run anyway. All others are for the workers, so that
    no slow one holds up the loop."""

    def __init__(self, app: Application, draining: threading.Event, **settings: Any) -> None:
        self._is_quick = app.is_quick
        self._loop_thread = threading.get_ident()
        self._quick: deque[_Channel] = deque()
        super().__init__(app, **settings)
        self.channel_class = type("Channel", (_Channel,), {"task_class": _task(draining)})

    def tick(self) -> None:
        """One turn of the loop."""
        wasyncore.loop(timeout=TICK_SECONDS, map=self._map, use_poll=True, count=1)
        while self._quick:
            channel = self._quick.popleft()
            try:
                channel.service()
            except Exception:  # as the loop itself does: it ends the connection, not the server
                channel.handle_error()

    def add_task(self, channel: _Channel) -> None:
        """The channel has a whole request. waitress calls this in the loop and, for pipelined requests, in workers."""
        request = channel.requests[0]
        if request.error is None and self._is_quick(request.path, request.body_bytes_received):
            self._quick.append(channel)
        else:
            super().add_task(channel)

    def pull_trigger(self) -> None:
        """Wake the loop, which is awake if it is itself that calls."""
        if threading.get_ident() != self._loop_thread:
            super().pull_trigger()


def _tick_for(server: _Server, seconds: float, done: Callable[[], bool]) -> bool:
    """Let the loop run until it is done or the time is over; whether it was done."""
    end = time.monotonic() + seconds
    while not (finished := done()) and time.monotonic() < end:
        server.tick()
    return finished


def _stop_accepting(server: _Server) -> None:
    """Close the listening socket, but not before everyone whom the kernel has let in is served."""
    while select.select([server.socket], [], [], 0)[0]:
        server.handle_accept()
    server.accepting = False
    server.del_channel()
    server.socket.close()


def _closed_idle(server: _Server) -> bool:
    """Close connections that have no request, none half read and nothing left to send; whether none is left."""
    for channel in list(server.active_channels.values()):
        busy = channel.requests or channel.request is not None or channel.total_outbufs_len
        if not busy and time.time() - channel.last_activity > QUIET_SECONDS:
            channel.will_close = True
    return not server.active_channels
