"""A filtered socket accepts the clients of finished handshakes, and no new ones."""

import socket
import sys
from collections.abc import Iterator

import pytest

from ml_census.server.syn_filter import drop_new_connections

SECONDS = 5

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the filter is a program for Linux")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        yield listener


def test_finished_handshake_is_accepted_with_its_request(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname(), SECONDS) as client:
        client.sendall(b"before")
        assert drop_new_connections(listener)
        client.sendall(b" and after")

        server, _ = listener.accept()
        with server:
            server.settimeout(SECONDS)
            assert server.recv(16, socket.MSG_WAITALL) == b"before and after"


def test_new_client_is_neither_accepted_nor_reset(listener: socket.socket) -> None:
    assert drop_new_connections(listener)

    with pytest.raises(TimeoutError):
        socket.create_connection(listener.getsockname(), 0.2)


def test_socket_that_takes_no_filter_is_left_alone() -> None:
    with socket.socket() as closed:
        closed.close()

        assert not drop_new_connections(closed)
