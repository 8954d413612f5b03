"""HTTP as waitress reads it, made stricter: what two readers could understand in two ways is refused (RFC 9112), and
whoever is refused gets a JSON answer that arrives.

The names of waitress that this uses beyond its documented interface hold for the pinned version. Of the channel:
parser_class, task_class, error_task_class, requests, request, requests_lock, server, socket, total_outbufs_len,
write_soon, _fileno, connected, will_close, close_when_flushed, send_continue, last_activity, handle_read,
handle_write, handle_close, readable; of the parser: parse_header, error, completed, empty, expect_continue,
headers_finished, headers, version, chunked, body_rcv, body_bytes_received, path; of the receiver: control_line,
trailer, error, ONLY_HEXDIG_RE, CHUNK_EXT_RE; of the task: build_response_header, write, wrote_header, has_body,
content_length, content_bytes_written, set_close_on_finish, status.
"""

import ctypes
import errno
import re
import socket
import time
from io import BytesIO
from typing import Any

from waitress import receiver
from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest, Error

from ml_census.observability.request_id import request_id, trace_id

FOLDED = re.compile(rb"\r\n[ \t]")
TRANSFER_ENCODING = re.compile(rb"\r\ntransfer-encoding:[ \t]*([^\r\n]*)", re.IGNORECASE)
MAX_CHUNK_LINE = 1024
"""waitress joins what it has of a chunk's first line with each piece that comes: 16 MiB of it took 28 s of CPU."""
LINGER_SECONDS = 2
LARGE_BYTES = 64 * 1024
"""So much is sent from where it is, in place of copies in one piece with its header."""

_HEADERS = (
    rb"(?:(?:connection: keep-alive"
    rb"|(?!(?:connection|content-length|expect|host|transfer-encoding|x-request-id):)[a-z0-9-]+:[^\r\n\0]*)\r\n)*"
)
PLAIN = re.compile(
    rb"POST (/[\w/.:-]*) HTTP/1\.1\r\n(?i:"
    + _HEADERS.join([b"", rb"host:[^,\r\n\0]*\r\n", rb"content-length: ([0-9]{1,9})\r\n", b""])
    + rb")\r\n"
)
"""The head of a request that every reader understands in one way, and whose refusal needs nothing else of it."""
TRACEPARENT = re.compile(rb"\r\ntraceparent:[ \t]*([0-9a-f-]+)[ \t]*\r\n", re.IGNORECASE)
ORIGIN = re.compile(rb"\r\norigin:", re.IGNORECASE)
LIBC = ctypes.PyDLL(None, use_errno=True)
"""Calls of its functions keep the interpreter's lock."""
RECEIVED = ctypes.create_string_buffer(8192)
"""Of the one loop of a process."""
VIEW = memoryview(RECEIVED)
DONTWAIT, NOSIGNAL, PEEK = int(socket.MSG_DONTWAIT), int(socket.MSG_NOSIGNAL), int(socket.MSG_PEEK)


class OverloadedError(Error):  # type: ignore[misc]
    """More than this server should have waiting. Told at once, a client or balancer can ask elsewhere."""

    code = 503
    reason = "Service Unavailable"


class RequestTimeoutError(Error):  # type: ignore[misc]
    """The whole request did not come in time."""

    code = 408
    reason = "Request Timeout"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses with 400 what smuggles a second request past a proxy that reads the first one otherwise."""

    body_rcv: Any = None
    whole_since = 0.0
    """time.monotonic() when the request was there to be answered."""
    name = ""
    command = ""
    path = ""  # a request that failed early has none, and waitress logs it when the client has left

    @property
    def trace(self) -> str:
        """The id of the trace that the request is part of, or nothing."""
        return trace_id(self.headers.get("TRACEPARENT", ""))

    def received(self, data: bytes) -> int:
        """Some malformed requests raise in waitress's parser, which would end the connection without an answer."""
        try:
            consumed: int = super().received(data)
        except ValueError:  # an IPv6 address that is none, a length of more than 4,300 digits
            self.error = BadRequest("malformed request")
            self.completed = True
            consumed = len(data)
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        encodings = TRANSFER_ENCODING.findall(header_plus)
        if FOLDED.search(header_plus):
            raise ParsingError("a header must be one line")
        if len(encodings) > 1 or (encodings and encodings[0].strip(b" \t").lower() != b"chunked"):
            raise ParsingError('Transfer-Encoding can only be "chunked", once')
        super().parse_header(header_plus)
        # the application reads it there
        self.name = self.headers["X_REQUEST_ID"] = request_id(
            self.headers.get("X_REQUEST_ID", ""), self.headers.get("TRACEPARENT", "")
        )
        if self.version not in ("1.0", "1.1"):
            raise ParsingError("HTTP/1.0 or HTTP/1.1 is spoken here")
        if encodings and (self.version == "1.0" or "CONTENT_LENGTH" in self.headers):
            raise ParsingError("Transfer-Encoding excludes Content-Length and HTTP/1.0")
        host = self.headers.get("HOST", "" if self.version == "1.0" else None)
        if host is None or "," in host:
            raise ParsingError("there must be one Host")
        if self.chunked:
            self.body_rcv = _Chunks(self.body_rcv.getbuf())


def patch_chunk_patterns() -> None:
    """Let no bare line feed end a chunk's first line: waitress's patterns end with $, which matches before one."""
    for name in ("ONLY_HEXDIG_RE", "CHUNK_EXT_RE"):
        pattern = getattr(receiver, name).pattern
        setattr(receiver, name, re.compile(pattern.removesuffix(b"$").removesuffix(rb"\Z") + rb"\Z"))


class _Chunks(ChunkedReceiver):  # type: ignore[misc]
    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if max(len(self.control_line), len(self.trailer)) > MAX_CHUNK_LINE:
            self.error = BadRequest("a chunk's first line, or what follows the last chunk, is too long")
        return consumed


class _Answer:
    """Sends a small answer at once: one send() in place of two, a fifteenth of a small request. Tells of it, before
    the client can know. During the drain it says "Connection: close", so that keep-alive clients go elsewhere."""

    def build_response_header(self: Any) -> bytes:
        if self.channel.server.draining.is_set():
            self.set_close_on_finish()
        request = self.channel.requests[0]
        self.response_headers += self.channel.server.cors(request.command, request.headers)
        header: bytes = super().build_response_header()  # type: ignore[misc]
        return header

    def write(self: Any, data: bytes) -> None:
        if not self.wrote_header:
            self.channel.server.answered(self.channel.requests[0], int(self.status[:3]))
        if self.wrote_header or not self.has_body or len(data) != self.content_length:
            super().write(data)  # type: ignore[misc]
            return
        header = self.build_response_header()
        if len(data) < LARGE_BYTES:
            self.channel.write_soon(header + data)
        else:
            self.channel.write_soon(header)
            self.channel.write_soon(_uncopied(data))
        self.wrote_header = True
        self.content_bytes_written = len(data)


def _uncopied(data: bytes) -> ReadOnlyFileBasedBuffer:
    """For the channel to send from: it would copy bytes, and BytesIO does not as long as nobody writes to it."""
    buffer = ReadOnlyFileBasedBuffer(BytesIO(data))
    buffer.prepare()
    return buffer


OVERLOADED = OverloadedError("too many requests wait already")


def shed(body: bytes) -> bytes:
    """The whole answer to who is refused unread, but for the request's id."""
    return (
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\nContent-Type: application/json\r\n"
        b"Retry-After: 1\r\nX-Request-Id: %%s\r\n\r\n%s"
    ) % (len(body), body.replace(b"%", b"%%"))


class Task(_Answer, WSGITask):  # type: ignore[misc]
    """Asks the application."""


class RefusalTask(_Answer, ErrorTask):  # type: ignore[misc]
    """In JSON, with a request id."""

    def execute(self) -> None:
        error = self.request.error
        # not self.request: for what the application did not catch waitress makes an empty one
        request = self.channel.requests[0]
        if error.code == 501:  # what waitress does not know is the client's error; 5xx invites retries
            error = BadRequest(error.body)
        body = self.channel.server.error_body(request.path, error)
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        request.name = request.name or request_id("")
        self.response_headers.append(("X-Request-Id", request.name))
        if isinstance(error, OverloadedError):
            self.response_headers.append(("Retry-After", "1"))
        if not (isinstance(error, OverloadedError) and request.completed):
            self.set_close_on_finish()  # where the next request begins is not known
        self.content_length = len(body)
        self.write(b"" if request.command == "HEAD" else body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that has one request at a time, and knows since when it keeps the server waiting and how much it
    holds there. What a client sends ahead waits in the kernel until the answer before it is taken."""

    task_class = Task
    error_task_class = RefusalTask
    parser_class = Parser
    request: Any = None
    waiting_since: float | None = None
    """time.monotonic() when the unfinished request began to come, or the answer began not to be taken."""
    held_bytes = 0
    """Of an unfinished request, or of an answer that is not wholly taken: its memory is given back at its end."""
    _answer_bytes = 0
    _lingers_until: float | None = None
    _ends = False
    _is_writing = False

    @property
    def close_when_flushed(self) -> bool:
        """Whether the answer ends the connection. waitress does not see it while it writes: it would close at once,
        also where a worker has set it since the write began."""
        return self._ends and not self._is_writing

    @close_when_flushed.setter
    def close_when_flushed(self, value: bool) -> None:
        self._ends = value

    @property
    def last_activity(self) -> float:
        """time.monotonic() of it, whatever waitress says: the time of day jumps where a clock is set."""
        return self._last_activity

    @last_activity.setter
    def last_activity(self, _time_of_day: float) -> None:
        self._last_activity = time.monotonic()

    def handle_read(self) -> None:
        """As waitress does, but the interpreter stays: on a busy server its way back takes longer than the calls, which
        never wait. They look what is there, and take what belongs to one request."""
        size = LIBC.recv(self._fileno, RECEIVED, len(RECEIVED), DONTWAIT | PEEK)
        if size < 0 and ctypes.get_errno() == errno.EAGAIN:
            return  # what came was for who had the descriptor before
        if size <= 0:
            self.handle_close()
            return
        self._last_activity = time.monotonic()
        if self._lingers_until is None:
            size = self._read(VIEW[:size].tobytes())
        if self.connected:
            LIBC.recv(self._fileno, RECEIVED, size, DONTWAIT)

    def send(self, data: bytes, do_close: bool = True) -> int:
        """As handle_read(). Who sends and who closes holds waitress's outbuf_lock: the descriptor is still this
        channel's."""
        size: int = LIBC.send(self._fileno, bytes(data), len(data), DONTWAIT | NOSIGNAL)
        return size if size >= 0 else super().send(data, do_close)

    def write_soon(self, data: bytes) -> int:
        """Workers write as well: what the client does not take at once is for the loop to look after."""
        written: int = super().write_soon(data)
        self._answer_bytes += written
        if self.total_outbufs_len:
            self.server.untaken.append(self)
        return written

    def _read(self, data: bytes) -> int:
        """How many bytes at the beginning belong to the request that is to be read."""
        if self.request is None:
            self._answer_bytes = 0
            if self.server.is_full() and self._reject_unparsed(data):
                return len(data)
            self.waiting_since = self._last_activity
        size = self._parse(data)
        if self.request is None:
            self.waiting_since = None
        if self.connected:
            held = 0 if self.request is None else self.request.body_bytes_received
            self.server.hold(self, held - self.held_bytes)
        return size

    def _parse(self, data: bytes) -> int:
        size = 0
        with self.requests_lock:
            while size < len(data) and not self.requests:
                self.request = self.request or Parser(self.adj)
                size += self.request.received(data[size:])
                if self.request.completed:
                    if not self.request.empty:
                        self.requests.append(self.request)
                    self.request = None
            # waitress says so also where no body will come, or none is wanted; it closes where the client has left
            if self.request is not None and self.request.expect_continue and self.request.headers_finished:
                self.send_continue()
        if self.requests:
            self.server.add_task(self)
        return size

    def _reject_unparsed(self, data: bytes) -> bool:
        """Whether this was a whole plain request for which there is no room, and now has its 503. To parse it would
        double the time of a refusal, in which nobody predicts."""
        head = PLAIN.match(data)
        if not head or head.end() + int(head[2]) != len(data):
            return False
        if self.server.has_cors and ORIGIN.search(data, 0, head.end()):
            return False  # a page of another origin needs headers to read why
        found = TRACEPARENT.search(data, 0, head.end())
        trace = trace_id(found[1].decode()) if found else ""
        name = trace or request_id("")
        answer = self.server.shed(head[1].decode(), int(head[2]), name, trace)
        if answer is None:
            return False
        self.write_soon(answer % name.encode())
        return True

    def give_up(self, error: Error) -> None:
        """Answer an unfinished request, and close; where it is an answer that is not taken, only close."""
        if self.request is None:
            self.handle_close()
            return
        self.server.hold(self, -self.held_bytes)
        with self.requests_lock:
            self.request.error = error
            self.requests.append(self.request)
            self.request = self.waiting_since = None
        self.server.add_task(self)

    def track_unsent_response(self) -> None:
        """The client has not taken an answer at once: note since when, and how much of it there is, until it has."""
        if self.request is not None:
            return  # that was "100 Continue"
        if self.total_outbufs_len:
            self.waiting_since = self.waiting_since or time.monotonic()
            self.server.hold(self, self._answer_bytes - self.held_bytes)
        else:
            self.waiting_since = None
            self.server.hold(self, -self.held_bytes)

    def is_timed_out(self, now: float, seconds: float) -> bool:
        """Whether the client has for so long not finished a request, not taken an answer, or not closed."""
        if self._lingers_until is not None:
            return now > self._lingers_until
        return self.waiting_since is not None and now - self.waiting_since > seconds

    def is_idle(self) -> bool:
        """No request, none half read, nothing left to send."""
        return not (self.requests or self.request is not None or self.total_outbufs_len or self.close_when_flushed)

    def handle_write(self) -> None:
        """Where an answer ends the connection, half of it is closed, and what still comes is thrown away for a while:
        a close with unread data would be a reset, which takes the answer from the client's hands."""
        self._is_writing = True
        try:
            super().handle_write()
        finally:
            self._is_writing = False
        if self._ends and not self.total_outbufs_len and self.connected:
            self._ends = False
            self._lingers_until = time.monotonic() + LINGER_SECONDS
            self.socket.shutdown(socket.SHUT_WR)
        self.track_unsent_response()

    def readable(self) -> bool:
        # waitress's own rule, said again: the loop asks each connection in each of its turns
        return self._lingers_until is not None or not (
            self.total_outbufs_len or self.requests or self.will_close or self.close_when_flushed
        )

    def handle_close(self) -> None:
        self.server.hold(self, -self.held_bytes)
        super().handle_close()
