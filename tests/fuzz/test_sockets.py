"""Bytes that are almost HTTP: each gets answers below 500, or is waited for, and the server lives on."""

import re
import select
import socket

from hypothesis import given
from hypothesis import strategies as st

from support.fuzz_budget import examples
from support.live_server import SECONDS, TELLTALE, Server

REQUEST = (
    b"POST /prediction?a=b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer a.b.c\r\n"
    b"Transfer-Encoding: chunked\r\nX-Request-Id: 1\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
)
PIECES = [
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b";", b"0", b"\xff", b"//", b"%00", b"x" * 5000, b"http://[::"),
    *(b"Host: y\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n"),
    *(b"HTTP/0.9", b"GET /livez HTTP/1.1\r\n", b"Connection: keep-alive\r\n", b"ffffffffffffffff"),
]
BORDERS = [index for found in re.finditer(rb"\b|\r\n", REQUEST) for index in found.span()]
places = st.integers(0, len(REQUEST)) | st.sampled_from(BORDERS)
edits = st.lists(
    st.tuples(places, st.sampled_from([0, 0, 1, 2, 10, 20]), st.sampled_from(PIECES) | st.binary(max_size=4)),
    min_size=1,
    max_size=5,
)


def test_mutated_bytes_never_get_a_5xx(server: Server) -> None:
    assert send(server, REQUEST) == [403]
    before = server.memory()

    @examples(200)
    @given(edits=edits)
    def mutated(edits: list[tuple[int, int, bytes]]) -> None:
        sent = bytearray(REQUEST)
        for index, gone, piece in edits:
            sent[index : index + gone] = piece
        statuses = send(server, bytes(sent))
        assert all(status < 500 for status in statuses)
        assert statuses or is_waited_for(server, bytes(sent))

    mutated()
    assert server.process.poll() is None
    assert server.memory() - before < 20 * 1024**2
    assert send(server, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n") == [200]


def send(server: Server, sent: bytes) -> list[int]:
    """The statuses that came until the server closed, or had nothing more to say."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        got = b""
        try:
            while piece := connection.recv(65536):
                got += piece
        except ConnectionResetError:  # of what came before it, nothing is lost
            pass
    answers = re.split(rb"(?=HTTP/1\.[01] \d{3} )", got)[1:]
    for answer in answers:
        assert not TELLTALE.search(answer.partition(b"\r\n\r\n")[2].decode()), answer
    return [int(answer[9:12]) for answer in answers]


def is_waited_for(server: Server, sent: bytes) -> bool:
    """True if the server still waits for the rest of this, and has not dropped it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        connection.sendall(sent)
        ended, _, _ = select.select([connection], [], [], 0.1)
    return not ended
