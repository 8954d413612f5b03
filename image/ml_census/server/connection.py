"""Connection: one client's socket, and the state of its current request."""

import socket
import time
from collections.abc import Iterator

from ml_census.server.parser import ParserLimits, Request

RECEIVE_BYTES = 32 * 1024
"""Maximum size of one recv() (bytes), and of the bytes that are kept after the end of a request."""
MAX_ACCEPTED = 256
"""Maximum connections accepted in one turn of the event loop."""
LINGER_SECONDS = 2
"""Time from the shutdown for writing to the close of the socket."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection:
    """A client's connection, with one request at a time.

    The connection reads a request, waits for the response (`answering`) and sends the response (`unsent`). Then the
    connection reads the next request, or ends. The end is a shutdown for writing, and a close after LINGER_SECONDS in
    which received bytes are discarded. A close with unread bytes would reset the connection and lose the response.
    While `answering` is set, a worker thread may use the socket, and the event loop must not.
    """

    def __init__(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        self.socket = sock
        self.peer = peer
        self.is_open = True
        self.received = b""
        """Received bytes that the parser has not consumed yet."""
        self.partial: Request | None = None
        """Request that has not arrived completely."""
        self.answering: Request | None = None
        """Complete request without a response."""
        self.unsent = memoryview(b"")
        """Bytes of the response that the kernel has not accepted yet."""
        self.closes = False
        """Whether the connection ends after `unsent`."""
        self.lingers_until: float | None = None
        """time.monotonic() at which the socket is closed, after the shutdown for writing."""
        self.waiting_since: float | None = None
        """time.monotonic() at the first byte of the unfinished request, or since which the response is unsent."""
        self.last_activity = time.monotonic()
        self.buffered_bytes = 0
        """Bytes of the unfinished request or the unsent response."""

    @property
    def is_idle(self) -> bool:
        """Whether no request is in progress or partly received, and no response is unsent."""
        return not (self.answering or self.partial or self.received or self.unsent or self.lingers_until)

    def is_idle_for(self, seconds: float, now: float) -> bool:
        """Return whether the connection has been idle for more than some seconds."""
        return self.is_idle and now - self.last_activity > seconds

    def is_timed_out(self, seconds: float, now: float) -> bool:
        """Return whether a request has been unfinished, or a response unsent, for more than some seconds."""
        return self.waiting_since is not None and now - self.waiting_since > seconds

    def receive(self) -> bool:
        """Read the bytes that have arrived. Return False if the connection must be closed.

        The reason is a client that has disconnected, a failed socket, or a TLS handshake.
        """
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.last_activity = time.monotonic()
        if self.lingers_until is None:
            self.received += data
        # a TLS handshake begins with 0x16; without a close the client would wait for a TLS response
        return data != b"" and not (self.partial is None and self.received[:1] == b"\x16")

    def parse(self, limits: ParserLimits) -> Request | None:
        """Return the next complete request, or None. Bytes after the request stay in `received`.

        Send "100 Continue" if the client waits for this response before it sends the body.
        """
        while self.received:
            request = self.partial = self.partial or Request(limits)
            self.waiting_since = self.waiting_since or time.monotonic()
            self.received = self.received[request.received(self.received) :]
            if request.completed:
                self.partial = self.waiting_since = None
                if not request.empty:
                    return request
        if self.partial and self.partial.expect_continue:
            self.partial.expect_continue = False
            self.unsent = memoryview(CONTINUE)
            self.send()
        return None

    def send(self) -> None:
        """Send as many bytes of `unsent` as the kernel takes without waiting.

        If the socket fails, discard `unsent` and set `closes`.
        """
        now = time.monotonic()
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
            self.last_activity = now
        except BlockingIOError:
            pass
        except OSError:
            self.unsent, self.closes = memoryview(b""), True

    def shut_down(self) -> bool:
        """Shut down the socket for writing. Received bytes are discarded from now on, for LINGER_SECONDS.

        Return False if the client has disconnected.
        """
        self.lingers_until, self.received = time.monotonic() + LINGER_SECONDS, b""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return True


def accept_waiting(listener: socket.socket) -> Iterator[Connection]:
    """Accept waiting clients, maximum MAX_ACCEPTED, and yield their connections."""
    for _ in range(MAX_ACCEPTED):
        try:
            sock, peer = listener.accept()
        except OSError:  # no client waits, or the client has disconnected, or no file descriptor is free
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Connection(sock, peer)
