"""Poller: waits for events of many sockets. Any thread may end the wait."""

import selectors
import socket
from typing import Generic, TypeVar

Watcher = TypeVar("Watcher")

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Poller(Generic[Watcher]):
    """Selector with one method to register or change a socket, and a method for other threads that ends the wait."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._waker, self._wakened = socket.socketpair()
        for each in (self._waker, self._wakened):
            each.setblocking(False)
        self._selector.register(self._wakened, READ)

    def watch(self, sock: socket.socket, events: int, watcher: Watcher) -> None:
        """Make poll() return `watcher` for `events` (READ, WRITE) of a socket. Replace earlier events.

        Raises ValueError for a closed socket that is not watched.
        """
        try:
            key = self._selector.get_key(sock)
        except KeyError:
            self._selector.register(sock, events, watcher)
        else:
            if key.events != events:
                self._selector.modify(sock, events, watcher)

    def forget(self, sock: socket.socket) -> None:
        """Stop watching a socket. Ignore an open socket that is not watched.

        Raises ValueError for a closed socket that is not watched.
        """
        try:
            self._selector.unregister(sock)
        except KeyError:
            pass

    def poll(self, seconds: float) -> list[tuple[Watcher, int]]:
        """Wait maximum `seconds` for socket events or wake(). Return each watcher with the mask of its events."""
        events = [(key, mask) for key, mask in self._selector.select(seconds)]
        if any(key.fileobj is self._wakened for key, _ in events):
            self._wakened.recv(4096)
        return [(key.data, mask) for key, mask in events if key.fileobj is not self._wakened]

    def wake(self) -> None:
        """End the wait of poll(). Another thread may call this method, also after close()."""
        try:
            self._waker.send(b"\0")
        except OSError:  # the socket is full of earlier calls, or the poller is closed
            pass

    def close(self) -> None:
        """Release the file descriptors. The watched sockets stay open."""
        for each in (self._selector, self._waker, self._wakened):
            each.close()
