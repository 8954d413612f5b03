"""Bytes that are almost HTTP: each connection ends with answers below 500, and the server lives on."""

import re
import socket
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from budget import examples

REQUEST = (
    b"POST /prediction?a=b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer a.b.c\r\n"
    b"Transfer-Encoding: chunked\r\nX-Request-Id: 1\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
)
PIECES = [
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b";", b"0", b"\xff", b"//", b"%00", b"x" * 5000, b"http://[::"),
    *(b"Host: y\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n"),
    *(b"HTTP/0.9", b"GET /livez HTTP/1.1\r\n", b"Connection: keep-alive\r\n", b"ffffffffffffffff"),
]
edits = st.lists(
    st.tuples(st.integers(0, len(REQUEST)), st.integers(0, 20), st.sampled_from(PIECES) | st.binary(max_size=4)),
    min_size=1,
    max_size=5,
)


def memory(server: Any) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return 1024 * int(status.partition("VmRSS:")[2].split()[0])


def test_mutated_bytes_never_get_a_5xx(server: Any) -> None:
    send(server, REQUEST)
    before = memory(server)

    @examples(200)
    @given(edits=edits)
    def mutated(edits: list[tuple[int, int, bytes]]) -> None:
        sent = bytearray(REQUEST)
        for place, gone, piece in edits:
            sent[place : place + gone] = piece
        assert all(status < 500 for status in send(server, bytes(sent)))

    mutated()
    assert server.process.poll() is None
    assert memory(server) - before < 20 * 1024**2
    assert send(server, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n") == [200]


def send(server: Any, sent: bytes) -> list[int]:
    """The statuses that came until the server closed, or had nothing more to say."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        try:
            got = b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionResetError:
            return []
    return [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", got, re.MULTILINE)]
