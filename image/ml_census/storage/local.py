"""Local files: reading with a size limit, listing, detection of changes by metadata, and atomic writing."""

import glob
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ml_census.storage.error_translation import READ, translate
from ml_census.storage.errors import ObjectChangedError, ObjectExistsError, StorageError
from ml_census.storage.stored_file import StoredFile, is_hidden

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


def create(path: str, data: bytes) -> None:
    """Create the file, and missing folders. Raises ObjectExistsError if a file exists, and StorageError."""
    target = Path(path).resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _create_file(target, data)
    except FileExistsError as error:
        raise ObjectExistsError from error
    except OSError as error:
        raise translate(error, READ, []) from error


def find(pattern: str) -> list[StoredFile]:
    """Return the files of a path, a folder or a glob pattern, sorted. Raises StorageError."""
    try:
        if os.path.isdir(pattern):
            paths = list(_files_below(pattern))
        else:
            paths = [pattern] if os.path.exists(pattern) else glob.glob(pattern, recursive=True)
        return [_stored(path, os.stat(path)) for path in sorted(paths) if not os.path.isdir(path)]
    except OSError as error:
        raise translate(error, READ, []) from error


def _files_below(folder: str) -> Iterator[str]:
    for parent, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if not is_hidden(os.path.relpath(path, folder)):
                yield path


def _stored(path: str, stat: os.stat_result) -> StoredFile:
    return StoredFile(path, stat.st_size, str(stat.st_mtime_ns))


def open_version(file: StoredFile) -> BinaryIO:
    """Return the open file. Raises ObjectChangedError if it has another size or time of change, and StorageError."""
    try:
        opened = open(file.uri, "rb")
    except OSError as error:
        raise translate(error, READ, []) from error
    if _stored(file.uri, os.fstat(opened.fileno())) != file:
        opened.close()
        raise ObjectChangedError
    return opened


def replace_file(path: Path, data: bytes, mode: int) -> None:
    """Create or replace a file with the permissions `mode`. Raises OSError if the file cannot be written.

    The replacement is atomic: after a crash or a power loss, the file has either the
    old or the new content.
    """
    scratch = _write_scratch(path, data, mode)
    try:
        os.replace(scratch, path)
    except BaseException:
        _remove_scratch(scratch)
        raise
    _unfinished.discard(scratch)
    _sync_folder(path.parent)


def _create_file(path: Path, data: bytes) -> None:
    """Create a file with a hard link: unlike a rename, a link replaces no file. Raises OSError."""
    scratch = _write_scratch(path, data, PUBLIC_MODE)
    try:
        os.link(scratch, path)
    finally:
        _remove_scratch(scratch)
    _sync_folder(path.parent)


_unfinished: set[Path] = set()


def discard_unfinished() -> None:
    """Remove the hidden files that create() and replace_file() of this process are writing.

    Call this function before os._exit(), which does not wait for the threads that write.
    """
    for scratch in list(_unfinished):
        scratch.unlink(missing_ok=True)


def _write_scratch(path: Path, data: bytes, mode: int) -> Path:
    """Write a hidden file beside `path`, flushed to the disk, and return its path. Raises OSError."""
    # pods that share a volume have other host names, and often the same process id
    scratch = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}")
    scratch.unlink(missing_ok=True)  # left by a killed process, maybe with another mode
    _unfinished.add(scratch)
    try:
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        _remove_scratch(scratch)
        raise
    return scratch


def _remove_scratch(scratch: Path) -> None:
    scratch.unlink(missing_ok=True)
    _unfinished.discard(scratch)


def _sync_folder(folder: Path) -> None:
    """Flush the directory entries of a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
