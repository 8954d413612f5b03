"""Storage operations with a few attempts each, whose errors name the URI."""

from collections.abc import Callable
from typing import TypeVar

from ml_census import storage
from ml_census.storage import StoredFile
from ml_census.storage.retries import retry

Result = TypeVar("Result")


def read(uri: str) -> bytes:
    """Return the content of a file. Raises ObjectNotFoundError if there is none, and StorageError."""
    return _attempt(uri, lambda: storage.read(uri))


def find(pattern: str) -> list[StoredFile]:
    """Return the files at a URI, below a folder, or of a pattern. Raises StorageError."""
    return _attempt(pattern, lambda: storage.find(pattern))


def create(uri: str, data: bytes) -> bool:
    """Create a file, and return True. Return False if the file exists. Raises StorageError.

    If the response to a first attempt is lost, the result can be False although this
    call has created the file.
    """
    try:
        _attempt(uri, lambda: storage.create(uri, data))
        return True
    except storage.ObjectExistsError:
        return False


def write(uri: str, data: bytes, unless_changed: str | None = None) -> None:
    """Create or replace a file, if it still has the fingerprint `unless_changed`. Raises StorageError."""
    _attempt(uri, lambda: storage.write(uri, data, unless_changed=unless_changed))


def fingerprint(uri: str) -> str:
    """Return text that changes with each write of a file, or "" if there is none. Raises StorageError."""
    return _attempt(uri, lambda: storage.fingerprint(uri))


def _attempt(uri: str, call: Callable[[], Result]) -> Result:
    try:
        return retry(call)
    except storage.ObjectExistsError:
        raise
    except storage.ObjectChangedError as error:
        raise storage.StorageError(f"{uri}: was changed by another process") from error
    except storage.StorageError as error:
        raise type(error)(f"{uri}: {error}") from error
