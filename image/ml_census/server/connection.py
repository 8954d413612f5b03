"""Connection: one client's socket, and the state of its current request."""

import socket
import time
from collections.abc import Iterator

from ml_census.server.parser import ParserLimits, Request

RECEIVE_BYTES = 32 * 1024
"""Maximum size of one recv() (bytes). It also limits the bytes kept after the end of a request."""
MAX_ACCEPTED = 256
"""Maximum connections accepted in one turn of the event loop."""
LINGER_SECONDS = 2
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection:
    """A client's connection, with one request at a time.

    It reads a request, has it answered (`answering`), sends the response (`unsent`) and reads the next one, or lingers:
    half closed, it discards what still arrives. A close with unread bytes would be a reset, and lose the response.
    While `answering` is set a worker may own the socket, and the event loop leaves it alone.
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
        self.unsent = memoryview(b"")
        self.closes = False
        """Whether the connection ends after `unsent`."""
        self.lingers_until: float | None = None
        self.waiting_since: float | None = None
        """time.monotonic() at which the unfinished request began, or the unsent response."""
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
        """Read what has arrived. Return False if the client has closed the connection."""
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.last_activity = time.monotonic()
        if self.lingers_until is None:
            self.received += data
        # a TLS handshake begins with 0x16; its client would wait for a response that it cannot read
        return data != b"" and not (self.partial is None and self.received[:1] == b"\x16")

    def parse(self, limits: ParserLimits) -> Request | None:
        """Return the next request once it is complete, and leave what follows it in `received`."""
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
        """Shut down the socket for writing; received bytes are then discarded for LINGER_SECONDS.

        Return False if the client has disconnected.
        """
        self.lingers_until, self.received = time.monotonic() + LINGER_SECONDS, b""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return True


def accept_waiting(listener: socket.socket) -> Iterator[Connection]:
    """Accept the clients that wait, at most MAX_ACCEPTED."""
    for _ in range(MAX_ACCEPTED):
        try:
            sock, peer = listener.accept()
        except OSError:  # none waits, or the client has left, or there is no file descriptor
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Connection(sock, peer)
