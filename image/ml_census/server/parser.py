"""HTTP/1.1 request parser: a stricter form of waitress's parser.

The parser rejects requests that a proxy could parse differently (request smuggling, RFC
9112, section 11.2). waitress does not document its parser. Only this module uses names
of that parser, and tests/unit/server/test_parser.py lists these names.
"""

import re
from dataclasses import dataclass
from typing import Any

from waitress import receiver
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver

from ml_census.observability.request_id import request_id, trace_id

FOLDED_HEADER = re.compile(rb"\r\n[ \t]")
TRANSFER_ENCODING = re.compile(rb"\r\ntransfer-encoding:[ \t]*([^\r\n]*)", re.IGNORECASE)
MAX_CHUNK_LINE = 1024
"""Maximum bytes of a chunk's first line, and of a trailer. waitress needed 28 s of CPU
for a line of 16 MiB."""


@dataclass(frozen=True)
class ParserLimits:
    """Limits in bytes, under the attribute names that waitress reads."""

    max_request_body_size: int
    max_request_header_size: int = 16 * 1024
    url_scheme: str = "http"

    @property
    def inbuf_overflow(self) -> int:
        """Size above which waitress writes a body to disk: more than any body, as the disk is read-only."""
        return self.max_request_body_size + 1


@dataclass(frozen=True)
class RequestError:
    """Error response that the server sends in place of the application. `code` is the status, `body` the message."""

    code: int
    body: str
    retry_after: int | None = None
    """Value of the header Retry-After, in seconds; None for no header."""


class Request(HTTPRequestParser):  # type: ignore[misc]
    """HTTP request, parsed incrementally as the bytes arrive."""

    body_rcv: Any = None
    command = ""
    path = ""
    query = ""
    id = ""
    complete_since = 0.0
    """time.monotonic() at which the request was complete."""

    @property
    def trace(self) -> str:
        """Trace id of the header `traceparent`, or "" if there is no valid header."""
        return trace_id(self.headers.get("TRACEPARENT", ""))

    def received(self, data: bytes) -> int:
        """Parse data, and return the number of bytes that belong to this request.

        waitress raises ValueError for some malformed requests, such as an invalid IPv6
        host. This method then marks the request as complete, with a 400 as the
        response.
        """
        try:
            consumed: int = super().received(data)
        except ValueError:
            self.reject("malformed request")
            consumed = len(data)
        return consumed

    def reject(self, reason: str) -> None:
        """Mark the request as complete, with a 400 as the response. `reason` is part of the error message."""
        self.error = RequestError(400, reason)
        self.completed = True

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the request line and the headers, as bytes.

        Raises ParsingError if the request is invalid. The caller in waitress then sets
        a 400 as the response.
        """
        is_chunked = _is_chunked(header_plus)
        super().parse_header(header_plus)
        self.id = request_id(self.headers.get("X_REQUEST_ID", ""), self.headers.get("TRACEPARENT", ""))
        self.headers["X_REQUEST_ID"] = self.id
        if self.version not in ("1.0", "1.1"):
            raise ParsingError("the HTTP version must be 1.0 or 1.1")
        if is_chunked and (self.version == "1.0" or "CONTENT_LENGTH" in self.headers):
            raise ParsingError("Transfer-Encoding excludes Content-Length and HTTP/1.0")
        host = self.headers.get("HOST", "" if self.version == "1.0" else None)
        if host is None or "," in host:
            raise ParsingError("there must be one Host")
        if is_chunked:
            self.body_rcv = _ChunkedBody(self.body_rcv.getbuf())


def _is_chunked(header_plus: bytes) -> bool:
    """Return whether the body is chunked. Raises ParsingError for headers that servers parse differently."""
    if FOLDED_HEADER.search(header_plus):
        raise ParsingError("a header must be one line")
    encodings = TRANSFER_ENCODING.findall(header_plus)
    if len(encodings) > 1 or (encodings and encodings[0].strip(b" \t").lower() != b"chunked"):
        raise ParsingError('Transfer-Encoding can only be "chunked", once')
    return bool(encodings)


class _ChunkedBody(ChunkedReceiver):  # type: ignore[misc]
    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if max(len(self.control_line), len(self.trailer)) > MAX_CHUNK_LINE:
            self.error = RequestError(400, "a chunk's first line or the trailer is too long")
        return consumed


def patch_chunk_patterns() -> None:
    """Make waitress reject a bare line feed at the end of a chunk's first line.

    The patterns of waitress end with $, which also matches before a line feed.
    """
    for name in ("ONLY_HEXDIG_RE", "CHUNK_EXT_RE"):
        pattern = getattr(receiver, name).pattern
        setattr(receiver, name, re.compile(pattern.removesuffix(b"$").removesuffix(rb"\Z") + rb"\Z"))
