"""One connection: what it reads, parses, sends and discards, over a pair of TCP sockets."""

import select
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from ml_census.server.connection import CONTINUE, Connection
from ml_census.server.parser import ParserLimits
from support.running_server import SECONDS, post

LIMITS = ParserLimits(max_request_body_size=100)
EXPECTING = post("/", "abc", "Expect: 100-continue\r\n")


class Pair(NamedTuple):
    """The server's side of a connection, and the client's socket."""

    server: Connection
    client: socket.socket

    def receive(self, data: bytes = b"") -> bool:
        """Send bytes from the client, wait for them or for the end, and return what receive() of the server returns."""
        if data:
            self.client.sendall(data)
        assert select.select([self.server.socket], [], [], SECONDS)[0]
        return self.server.receive()


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Yield both ends of a connection; the server's does not block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=SECONDS)
        accepted, peer = listener.accept()
    with client, accepted:
        accepted.setblocking(False)
        yield Pair(Connection(accepted, peer), client)


@pytest.fixture
def unix_pair() -> Iterator[Pair]:
    """Yield a pair of Unix sockets: the kernel empties the send buffer only while the client reads."""
    accepted, client = socket.socketpair()
    with client, accepted:
        accepted.setblocking(False)
        client.settimeout(SECONDS)
        yield Pair(Connection(accepted, ("127.0.0.1", 0)), client)


def fill_send_buffer(connection: Connection) -> int:
    """Send bytes until the kernel takes no more, and return their number."""
    filled = 0
    try:
        while True:
            filled += connection.socket.send(bytes(65536))
    except BlockingIOError:
        return filled


def discard(client: socket.socket, number: int) -> None:
    """Read a number of bytes."""
    while number:
        number -= len(client.recv(min(number, 65536)))


def reset(client: socket.socket) -> None:
    """Close a socket with a TCP reset."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_tls_handshake_ends_the_connection(pair: Pair) -> None:
    assert pair.receive(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") is False


def test_byte_of_tls_within_a_request_is_read(pair: Pair) -> None:
    assert pair.receive(post("/", "abc")[:-3])
    assert pair.server.parse(LIMITS) is None

    assert pair.receive(b"\x16\x03\x01")

    request = pair.server.parse(LIMITS)
    assert request and request.get_body_stream().read() == b"\x16\x03\x01"


def test_read_without_data_keeps_the_connection(pair: Pair) -> None:
    assert pair.server.receive()
    assert pair.server.is_idle


def test_read_after_the_client_closed_ends_the_connection(pair: Pair) -> None:
    pair.client.close()

    assert pair.receive() is False


def test_read_after_a_reset_ends_the_connection(pair: Pair) -> None:
    reset(pair.client)

    assert pair.receive() is False


def test_pipelined_requests_are_parsed_one_at_a_time(pair: Pair) -> None:
    assert pair.receive(post("/first") + post("/second"))

    first = pair.server.parse(LIMITS)
    assert first and first.path == "/first"
    assert pair.server.received == post("/second")
    second = pair.server.parse(LIMITS)
    assert second and second.path == "/second"
    assert pair.server.parse(LIMITS) is None and pair.server.is_idle


def test_blank_lines_before_a_request_are_skipped(pair: Pair) -> None:
    assert pair.receive(b"\r\n\r\n" + post("/first"))

    request = pair.server.parse(LIMITS)
    assert request and request.path == "/first"


def test_unfinished_request_waits_since_its_first_byte(pair: Pair) -> None:
    assert pair.receive(b"POST / HT")

    assert pair.server.parse(LIMITS) is None

    assert pair.server.waiting_since and not pair.server.is_idle


def test_expect_continue_is_answered_once(pair: Pair) -> None:
    for data in (EXPECTING[:-3], b"a"):
        assert pair.receive(data)
        assert pair.server.parse(LIMITS) is None

    pair.server.shut_down()
    assert pair.client.recv(65536) == CONTINUE
    assert pair.client.recv(65536) == b""


def test_expect_continue_with_full_send_buffer_is_kept(unix_pair: Pair) -> None:
    filled = fill_send_buffer(unix_pair.server)
    assert unix_pair.receive(EXPECTING[:-3])
    assert unix_pair.server.parse(LIMITS) is None
    assert bytes(unix_pair.server.unsent) == CONTINUE and not unix_pair.server.closes

    discard(unix_pair.client, filled)
    unix_pair.server.send()

    assert not unix_pair.server.unsent
    assert unix_pair.client.recv(65536) == CONTINUE


def test_response_larger_than_the_send_buffer_is_kept(unix_pair: Pair) -> None:
    filled = fill_send_buffer(unix_pair.server)
    unix_pair.server.unsent = memoryview(b"response")

    unix_pair.server.send()
    assert bytes(unix_pair.server.unsent) == b"response"
    discard(unix_pair.client, filled)
    unix_pair.server.send()

    assert unix_pair.client.recv(65536) == b"response"


def test_failed_send_discards_the_response_and_closes(pair: Pair) -> None:
    reset(pair.client)
    pair.server.unsent = memoryview(b"response")

    pair.server.send()

    assert pair.server.closes and not pair.server.unsent


def test_lingering_connection_discards_what_arrives(pair: Pair) -> None:
    pair.server.received = b"begun"
    assert pair.server.shut_down()

    assert pair.client.recv(1) == b""
    assert pair.receive(b"more")
    assert pair.server.received == b"" and not pair.server.is_idle


def test_shut_down_after_a_reset_says_that_the_client_left(pair: Pair) -> None:
    reset(pair.client)

    assert pair.server.shut_down() is False
