"""A file or object that a listing has found, with its version."""

from typing import NamedTuple


class StoredFile(NamedTuple):
    """The URI, the size in bytes and the version of a file or object.

    The version of a gs:// object is its generation. The version of a local file is the
    time of its last change, in nanoseconds. Text of digits in both cases.
    """

    uri: str
    size: int
    version: str


def is_hidden(path: str) -> bool:
    """Return whether a part of a relative path begins with "." or "_", as the marker _SUCCESS does."""
    return any(part.startswith((".", "_")) for part in path.split("/"))
