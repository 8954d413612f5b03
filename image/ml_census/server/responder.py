"""Responder: runs the WSGI application (PEP 3333) for one request, and returns the response as bytes."""

import logging
import sys
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from traceback import format_tb
from typing import Any, NamedTuple, Protocol

from ml_census.observability import access_log
from ml_census.observability.metrics import Metrics
from ml_census.observability.request_id import request_id
from ml_census.server.connection import Connection
from ml_census.server.parser import Request, RequestError
from ml_census.server.scheduler import OVERLOADED, PROBE

log = logging.getLogger(__name__)

INTERNAL_ERROR = RequestError(500, "unexpected internal server error")
Headers = list[tuple[str, str]]


class ScheduledApplication(Protocol):
    """WSGI application with methods for the queue, the metrics label and the error body of a path."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Call `start_response` and return the body of the response in pieces (PEP 3333)."""

    def queue_for(self, path: str, query: str, length: int) -> str:
        """Return the queue of a request with a body of `length` bytes: "probe", "fast", "work" or "login"."""

    def metric_route(self, path: str) -> str:
        """Return the route of a path as the label of metrics. The number of different labels is bounded."""

    def error_body(self, path: str, status: int, message: str) -> bytes:
        """Return the JSON body of an error response that the server sends in place of the application."""


class Response(NamedTuple):
    """Bytes of a response, and whether the connection closes after it."""

    data: bytes
    closes: bool


class Responder:
    """Responder that runs the application for a request, and counts and logs the response. Methods are thread-safe.

    `cors` returns the CORS headers for a method and request headers. `too_large` is the
    message of a response 413.
    """

    def __init__(
        self,
        app: ScheduledApplication,
        metrics: Metrics,
        is_draining: Callable[[], bool],
        cors: Callable[[str, dict[str, str]], Headers],
        too_large: str,
    ) -> None:
        self._app = app
        self.metrics = metrics
        self._is_draining = is_draining
        self._cors = cors
        self._too_large = too_large

    def respond(self, request: Request, peer: tuple[str, int], port: int) -> Response:
        """Return the response to a complete request. An exception of the application becomes a 500.

        `peer` is the client's IP address and port. Raises the exceptions of the
        application's error_body().
        """
        error = request.error
        if not error:
            try:
                status, headers, body = self._run(request, peer, port)
            except Exception:
                kind, _error, frames = sys.exc_info()
                log.error("request %s: %s\n%s", request.id, kind and kind.__name__, "".join(format_tb(frames)).rstrip())
                error = INTERNAL_ERROR
        if error:
            status, headers, body = self._reject(request, error)
        closes = self._closes(request, error)
        headers += self._cors(request.command, request.headers)
        self._record(request, int(status[:3]))
        return Response(_serialize(request, status, headers, body, closes), closes)

    def count_in_flight(self, connections: Iterable[Connection]) -> int:
        """Return the number of complete prediction requests without a response."""
        # list() of a dict keeps the interpreter lock, so the event loop cannot change
        # the dict meanwhile
        requests = [connection.answering for connection in list(connections)]
        return sum(self.metrics.is_prediction(self._app.metric_route(each.path)) for each in requests if each)

    def _run(self, request: Request, peer: tuple[str, int], port: int) -> tuple[str, Headers, bytes]:
        result: list[Any] = []
        written: list[bytes] = []

        def start_response(status: str, headers: Headers, _exc_info: Any = None) -> Callable[[bytes], None]:
            result[:] = [status, list(headers)]
            return written.append

        pieces = self._app(_environ(request, peer, port), start_response)
        try:
            body = b"".join((*pieces,))
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        return result[0], result[1], b"".join(written) + body

    def _reject(self, request: Request, error: RequestError) -> tuple[str, Headers, bytes]:
        # waitress reports some errors of the client as 501, and clients may retry after
        # a 5xx
        code = 400 if error.code == 501 else error.code
        reason = HTTPStatus(code).phrase
        message = self._too_large if code == 413 else f"{reason}: {error.body}"
        request.id = request.id or request_id("")
        headers = [("Content-Type", "application/json"), ("X-Request-Id", request.id)]
        if getattr(error, "retry_after", None):
            headers.append(("Retry-After", str(error.retry_after)))
        return f"{code} {reason}", headers, self._app.error_body(request.path, code, message)

    def _closes(self, request: Request, error: RequestError | None) -> bool:
        connection = request.headers.get("CONNECTION", "").lower()
        wants_close = connection != "keep-alive" if request.version == "1.0" else connection == "close"
        # after a malformed request the start of the next request is unknown
        is_lost = error is not None and error not in (OVERLOADED, INTERNAL_ERROR)
        return wants_close or is_lost or self._is_draining()

    def _record(self, request: Request, code: int) -> None:
        """Count and log the response before the client can see it."""
        route = self._app.metric_route(request.path)
        seconds = time.monotonic() - request.complete_since
        self.metrics.record_response(route, code, seconds)
        if access_log.is_enabled() and (code != 200 or self._app.queue_for(request.path, "", 0) != PROBE):
            access_log.log_response(request.command, route, code, seconds, request.id, request.trace)


def _serialize(request: Request, status: str, headers: Headers, body: bytes, closes: bool) -> bytes:
    """Return the bytes of a response, with the headers Content-Length, Connection and Date."""
    if status[:3] not in ("204", "304") and not any(name.lower() == "content-length" for name, _ in headers):
        headers.append(("Content-Length", str(len(body))))
    if closes or request.version == "1.0":
        headers.append(("Connection", "close" if closes else "keep-alive"))
    headers.append(("Date", _http_date(int(time.time()))))
    version = request.version if request.version in ("1.0", "1.1") else "1.0"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f"HTTP/{version} {status}\r\n{lines}\r\n".encode("latin-1")
    return head if request.command == "HEAD" else head + body


def _environ(request: Request, peer: tuple[str, int], port: int) -> dict[str, Any]:
    environ = {
        "REMOTE_ADDR": peer[0],
        "REMOTE_PORT": str(peer[1]),
        "REQUEST_METHOD": request.command,
        "SCRIPT_NAME": "",
        "PATH_INFO": "/" + request.path.lstrip("/"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": request.get_body_stream(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        environ[name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}"] = value
    return environ


@lru_cache(maxsize=1)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)
