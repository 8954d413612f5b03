"""Local files: reading with a size limit, detection of changes by metadata, and atomic writing."""

import os
from pathlib import Path

from ml_census.storage.error_translation import READ, translate
from ml_census.storage.errors import ObjectChangedError, StorageError

PRIVATE_MODE = 0o600
PUBLIC_MODE = 0o666
"""Mode of a new file that is not private. The umask of the process removes permissions
from this mode."""


def read(path: str, limit: int) -> bytes:
    """Return the content of the file. Raises ObjectNotFoundError if no file exists.

    Raises StorageError if the file has more than `limit` bytes or cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise translate(error, READ, []) from error
    if len(data) > limit:
        raise StorageError(f"larger than {limit} bytes")
    return data


def fingerprint(path: str) -> str:
    """Return inode, size and modification time of the file as text, or "" if no file exists.

    Raises StorageError if the metadata cannot be read.
    """
    try:
        stat = Path(path).stat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise translate(error, READ, []) from error
    return f"{stat.st_ino}-{stat.st_size}-{stat.st_mtime_ns}"


def write(path: str, data: bytes, private: bool, unless_changed: str | None) -> None:
    """Create or replace the file, and create missing folders.

    `unless_changed` is an earlier result of fingerprint(), or None for no check. Raises
    ObjectChangedError if the current fingerprint differs. Raises StorageError if the
    file cannot be written.
    """
    if unless_changed is not None and fingerprint(path) != unless_changed:
        raise ObjectChangedError
    try:
        target = Path(path).resolve()  # a symbolic link stays a link
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, data, PRIVATE_MODE if private else PUBLIC_MODE)
    except OSError as error:
        raise translate(error, READ, []) from error


def replace_file(path: Path, data: bytes, mode: int) -> None:
    """Create or replace a file with the permissions `mode`. Raises OSError if the file cannot be written.

    The replacement is atomic: after a crash or a power loss, the file has either the
    old or the new content.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)  # left by a killed process, maybe with another mode
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except BaseException:
        os.unlink(scratch)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Flush the directory entries of a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
