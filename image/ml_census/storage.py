"""Bytes from and to where a URI points: a local path, gs:// (through gcsfs), https:// (reading only)."""

import os
import posixpath
from pathlib import Path
from typing import Any

MAX_BYTES = 2 * 1024**3
"""No artifact is larger; a wrong URI must not fill the memory."""


class StorageError(Exception):
    """Nothing could be read or written; the message is the reason in one line, without the URI."""


class NotFound(StorageError):
    """There is nothing at the URI."""


def read(uri: str, limit: int = MAX_BYTES) -> bytes:
    """The whole object. Raises NotFound, or StorageError with the reason; more bytes than `limit` are an error."""
    try:
        if _is_local(uri):
            with Path(uri).open("rb") as file:
                data = file.read(limit + 1)
        else:
            filesystem, path = _remote(uri)
            with filesystem.open(path, "rb") as file:
                data = file.read(limit + 1)
    except Exception as error:  # gcsfs, aiohttp and google-auth have each their own families of exceptions
        raise _translated(error) from error
    if len(data) > limit:
        raise StorageError(f"larger than {limit} bytes")
    return data


def write(uri: str, data: bytes, private: bool = False) -> None:
    """Replace the object whole: a reader sees the old bytes or the new ones. Folders are made on the way.

    A private local file is its owner's alone.
    """
    try:
        if _is_local(uri):
            _write_local(Path(uri), data, 0o600 if private else 0o666)
        else:
            filesystem, path = _remote(uri)
            filesystem.pipe_file(path, data)
    except Exception as error:
        raise _translated(error) from error


def join(folder: str, name: str) -> str:
    """The URI of a file in a folder."""
    return posixpath.join(folder, name)


def split(uri: str) -> tuple[str, str]:
    """The folder of a file, and its name there."""
    return posixpath.split(uri)


def _is_local(uri: str) -> bool:
    return "://" not in uri


def _remote(uri: str) -> tuple[Any, str]:
    import fsspec  # with gcsfs it takes a second: only who reads remote objects pays

    filesystem, path = fsspec.core.url_to_fs(uri)
    return filesystem, path


def _write_local(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)  # less what the umask takes away
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(scratch, path)
    except BaseException:
        os.unlink(scratch)
        raise


def _translated(error: Exception) -> StorageError:
    text = str(error)
    if isinstance(error, FileNotFoundError):
        return NotFound("not found")
    if isinstance(error, IsADirectoryError):
        return StorageError("is a folder, not a file")
    if isinstance(error, PermissionError):
        return StorageError("permission denied")
    if getattr(error, "code", None) in (401, 403) or "Forbidden" in text or "Anonymous caller" in text:
        return StorageError("permission denied: the account needs roles/storage.objectViewer on the bucket")
    first_line = text.strip().splitlines()[0][:200] if text.strip() else "no reason given"
    return StorageError(f"{type(error).__name__}: {first_line}")
