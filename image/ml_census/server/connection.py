"""Connection: the socket of one client, and the state of the client's current request."""

import socket
import time
from collections.abc import Iterator

from ml_census.server.parser import ParserLimits, Request

RECEIVE_BYTES = 32 * 1024
"""Maximum bytes of one recv(). Also the maximum bytes that are kept after the end of a
request."""
MAX_ACCEPTED = 256
"""Maximum number of connections that one iteration of the event loop accepts."""
LINGER_SECONDS = 2
"""Time from the shutdown for writing to the close of the socket."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection:
    """Connection to one client, with one request at a time. `peer` is the client's IP address and port.

    The event loop reads a request, waits for its response (`answering`) and sends the
    response (`unsent`). Then the event loop reads the next request or ends the
    connection. To end a connection, the event loop shuts the socket down for writing,
    discards received bytes for LINGER_SECONDS and closes the socket. An immediate close
    with unread bytes would reset the connection, and the client would lose the
    response. While `answering` is set, a worker thread may use the socket, and the
    event loop must not.
    """

    def __init__(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        self.socket = sock
        self.peer = peer
        self.is_open = True
        self.received = b""
        """Received bytes that the parser has not consumed yet."""
        self.partial: Request | None = None
        """Request of which only a part has arrived."""
        self.answering: Request | None = None
        """Complete request without a response."""
        self.unsent = memoryview(b"")
        """Bytes of the response that the kernel has not accepted yet."""
        self.closes = False
        """True if the connection ends after the bytes of `unsent` are sent."""
        self.lingers_until: float | None = None
        """time.monotonic() at which the socket is closed, after the shutdown for
        writing."""
        self.waiting_since: float | None = None
        """time.monotonic() at the first byte of an unfinished request, or at the first
        unsent byte of a response."""
        self.last_activity = time.monotonic()
        self.buffered_bytes = 0
        """Number of bytes of the unfinished request or the unsent response in
        memory."""

    @property
    def is_idle(self) -> bool:
        """True if no request is in progress or partly received, and no response is unsent."""
        return not (self.answering or self.partial or self.received or self.unsent or self.lingers_until)

    def is_idle_for(self, seconds: float, now: float) -> bool:
        """Return whether the connection has been idle for more than `seconds`. `now` is time.monotonic()."""
        return self.is_idle and now - self.last_activity > seconds

    def is_timed_out(self, seconds: float, now: float) -> bool:
        """Return whether a request is unfinished, or a response unsent, for more than `seconds`."""
        return self.waiting_since is not None and now - self.waiting_since > seconds

    def receive(self) -> bool:
        """Read what has arrived. Return False if the client has disconnected or starts TLS, or the socket failed."""
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.last_activity = time.monotonic()
        if self.lingers_until is None:
            self.received += data
        # a TLS handshake begins with 0x16; without a close the client would wait for a
        # TLS response
        return data != b"" and not (self.partial is None and self.received[:1] == b"\x16")

    def parse(self, limits: ParserLimits) -> Request | None:
        """Return the next request, or None if the request is not complete. Later bytes stay in `received`.

        If the client sent "Expect: 100-continue", send "100 Continue" before the body
        arrives.
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
        """Send the bytes of `unsent` that the kernel accepts without blocking.

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
        """Shut down the socket for writing. After this call, received bytes are discarded for LINGER_SECONDS.

        Return False if the client has disconnected.
        """
        self.lingers_until, self.received = time.monotonic() + LINGER_SECONDS, b""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return True


def accept_waiting(listener: socket.socket) -> Iterator[Connection]:
    """Accept waiting clients, maximum MAX_ACCEPTED, and yield a connection for each client."""
    for _ in range(MAX_ACCEPTED):
        try:
            sock, peer = listener.accept()
        except OSError:  # no client waits, or the client has disconnected, or no file descriptor is free
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Connection(sock, peer)
