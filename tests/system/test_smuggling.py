"""Request smuggling: an ambiguous request is rejected with one response and a closed connection (RFC 9112).

A second request follows each case on the connection. Its response would show another interpretation of the first.
"""

import re
import socket

import pytest

from support.live_server import SECONDS, Server

AFTER = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
POST = b"POST /prediction HTTP/1.1\r\n"
HOST = b"Host: x\r\n"
CHUNKED = b"0\r\n\r\n"

AMBIGUOUS = {
    "length-and-chunked": POST + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "chunked-and-length": POST + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + CHUNKED,
    "chunked-twice": POST + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "chunked-twice-in-one": POST + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKED,
    "chunked-folded": POST + HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKED,
    "chunked-folded-behind": POST + HOST + b"Transfer-Encoding: chunked\r\n identity\r\n\r\n" + CHUNKED,
    "vertical-tab-chunked": POST + HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKED,
    "space-before-colon": POST + HOST + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKED,
    "xchunked": POST + HOST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED,
    "gzip-chunked": POST + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKED,
    "identity": POST + HOST + b"Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
    "empty-coding": POST + HOST + b"Transfer-Encoding:\r\n\r\n" + CHUNKED,
    "chunked-in-1.0": b"POST /prediction HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "lengths-that-differ": POST + HOST + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "lengths-alike": POST + HOST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "length-plus": POST + HOST + b"Content-Length: +0\r\n\r\n",
    "length-hex": POST + HOST + b"Content-Length: 0x0\r\n\r\n",
    "length-negative": POST + HOST + b"Content-Length: -1\r\n\r\n",
    "length-space": POST + HOST + b"Content-Length : 0\r\n\r\n",
    "length-empty": POST + HOST + b"Content-Length:\r\n\r\n",
    "lengths-in-one": POST + HOST + b"Content-Length: 0, 0\r\n\r\n",
    "length-and-chunked-expected": POST
    + HOST
    + b"Expect: 100-continue\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    + CHUNKED,
    "no-host": b"GET /livez HTTP/1.1\r\n\r\n",
    "two-hosts": b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "two-hosts-in-one": b"GET /livez HTTP/1.1\r\nHost: x, y\r\n\r\n",
    "host-space": b"GET /livez HTTP/1.1\r\nHost : x\r\n\r\n",
    "host-twice-the-same": b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    "bare-lf": b"GET /livez HTTP/1.1\nHost: x\n\n",
    "bare-cr": b"GET /livez HTTP/1.1\rHost: x\r\r",
    "bare-lf-in-header": b"GET /livez HTTP/1.1\r\nHost: x\r\nA: b\nContent-Length: 5\r\n\r\n",
    "bare-cr-in-header": b"GET /livez HTTP/1.1\r\nHost: x\r\nA: b\rContent-Length: 5\r\n\r\n",
    "nul-in-header": b"GET /livez HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
    "folded-first": b"GET /livez HTTP/1.1\r\n Host: x\r\n\r\n",
    "folded-header": b"GET /livez HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n",
    "no-version": b"GET /livez\r\nHost: x\r\n\r\n",
    "version-0.9": b"GET /livez HTTP/0.9\r\nHost: x\r\n\r\n",
    "simple-request": b"GET /livez\r\n\r\n",
    "preface-of-2.0": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "version-1.2": b"GET /livez HTTP/1.2\r\nHost: x\r\n\r\n",
    "version-2.0": b"GET /livez HTTP/2.0\r\nHost: x\r\n\r\n",
    "lower-case-method": b"get /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "chunk-hex-prefix": POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "chunk-extension": POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n0;\x00\r\n\r\n",
    "chunk-line-feed": POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\n\r\n\r\n",
    "chunk-line-of-2-kib": POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n0;" + b"x" * 2048,
    "trailer-of-2-kib": POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + b"x" * 2048,
    "head-of-17-kib": b"GET /livez HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 17_408 + b"\r\n\r\n",
}


def responses(server: Server, sent: bytes) -> list[tuple[int, bytes]]:
    """Return the status and the bytes of each response until the connection is closed."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        connection.sendall(sent)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    return [(int(part[4:7]), part) for part in re.split(rb"HTTP/(?=1\.[01] \d)", received)[1:]]


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_ambiguous_request_is_rejected_with_a_close(server: Server, case: str) -> None:
    ((status, response),) = responses(server, AMBIGUOUS[case] + AFTER)

    assert status in (400, 431)
    assert b"Connection: close" in response
    assert b"X-Request-Id: " in response
    assert b'{"error message": ' in response


@pytest.mark.parametrize("length", [b"", b"Content-Length: 5\r\n"], ids=["chunked", "chunked-and-length"])
@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"], ids=["", "expect"])
def test_chunk_line_without_end_is_rejected_early(server: Server, length: bytes, expect: bytes) -> None:
    """Send 4 KiB, over the limit of 2 KiB for the first line of a chunk."""
    head = b"POST /prediction HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + length + expect
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as sender:
        sender.sendall(head + b"\r\n" + 4096 * b"0")
        received = b"".join(iter(lambda: sender.recv(65536), b""))

    assert received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_bytes_beyond_the_length_are_the_next_request(server: Server) -> None:
    """Send bytes that are no HTTP request: the second response ends the connection."""
    statuses = [status for status, _ in responses(server, POST + HOST + b"Content-Length: 5\r\n\r\nabcdefghij" + AFTER)]

    assert statuses == [403, 400]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (b"TRACE / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n", 405),
        (b"PUT /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde", 405),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", 404),
    ],
)
def test_unsupported_method_is_rejected_without_a_close(server: Server, first: bytes, expected: int) -> None:
    (status, response), (after, _) = responses(server, first + AFTER)

    assert (status, after) == (expected, 200)
    assert b"A: b" not in response


@pytest.mark.parametrize(
    "first",
    [
        # not Content-Length: a body of five bytes would hide what follows
        b"GET /livez HTTP/1.1\r\nHost: x\r\nContent_Length: 5\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nTransfer_Encoding: chunked\r\n\r\n",
        # the server has no HTTP/2; behind an upgrade, a proxy would not see the requests
        b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
        b"GET http://y/livez HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost:\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nxy\r\n0\r\nTrailer: a\r\n\r\n",
    ],
)
def test_unambiguous_requests_are_both_answered(server: Server, first: bytes) -> None:
    assert [status for status, _ in responses(server, first + AFTER)] == [200, 200]


def test_chunked_body_in_single_bytes_is_read(server: Server) -> None:
    """Split also the line end after the last chunk."""
    sent = (
        b"GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in sent:
            connection.send(bytes([byte]))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
