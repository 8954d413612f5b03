"""A read-only file whose bytes come from range requests."""

import io
import os
from collections.abc import Callable

from ml_census.storage.retries import retry


class RangedFile(io.RawIOBase):
    """A seekable file of `size` bytes. `read_range(start, stop)` returns the bytes from `start` to before `stop`.

    A read that raises StorageUnavailableError is repeated.
    """

    def __init__(self, size: int, read_range: Callable[[int, int], bytes]) -> None:
        self._size, self._read_range, self._position = size, read_range, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position of the next read."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position of the next read, and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return the next `size` bytes, fewer at the end of the file, or all that are left for a negative size."""
        stop = self._size if size < 0 else min(self._position + size, self._size)
        if stop <= self._position:
            return b""
        data = retry(lambda: self._read_range(self._position, stop))
        self._position = stop
        return data

    def readall(self) -> bytes:
        """Return all bytes that are left."""
        return self.read()
