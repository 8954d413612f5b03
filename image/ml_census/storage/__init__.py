"""Bytes from and to where a URI points: a local path, gs:// (through gcsfs), https:// (reading only)."""

import hashlib
import io
import os
import posixpath
import queue
import threading
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

from ml_census.storage import errors
from ml_census.storage.errors import READ, WRITE
from ml_census.storage.errors import ObjectNotFoundError as ObjectNotFoundError
from ml_census.storage.errors import StorageError as StorageError
from ml_census.storage.errors import StorageUnavailableError as StorageUnavailableError

Result = TypeVar("Result")

MAX_BYTES = 2 * 1024**3
"""No artifact is larger; a wrong URI must not fill the memory."""
DOWNLOAD_SECONDS = 60
SLOWEST = 10_000_000
"""Bytes a second: the download of an object of more than 600 MB has more time than DOWNLOAD_SECONDS."""
LOOK_SECONDS = 5
"""gcsfs alone would try for half a minute, and google-auth for another where no metadata server answers."""
CHANGED = "was changed by another command meanwhile, and nothing is written: run this command again"
WRITE_SECONDS = 15
SLOWEST_WRITE = 1_000_000
"""Bytes a second, in addition to WRITE_SECONDS."""


def read(uri: str, limit: int = MAX_BYTES) -> bytes:
    """Return the whole object, maximum `limit` bytes.

    Raises ObjectNotFoundError, StorageUnavailableError, or StorageError with the reason.

    A remote object is read as it was at one moment: overwritten meanwhile, cut short or damaged on its way, it is
    Unreachable.
    """
    if uri.startswith("gs://"):
        about = _with_timeout(LOOK_SECONDS, lambda: _stat(*_remote(uri)))
        if about["size"] > limit:
            raise StorageError(f"larger than {limit} bytes")
        seconds = max(DOWNLOAD_SECONDS, about["size"] / SLOWEST)
        return _with_timeout(seconds, lambda: _download(uri, about, seconds))
    if not is_local(uri):
        return _with_timeout(DOWNLOAD_SECONDS, lambda: _other(uri, limit))
    try:
        with Path(uri).open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise _to_storage_error(error) from error
    return _limited(data, limit)


def fingerprint(uri: str) -> str:
    """Something that changes whenever the object does, and costs no reading of it; empty if there is no object.

    Raises StorageUnavailableError, StorageError.
    """
    if not is_local(uri):
        return _with_timeout(LOOK_SECONDS, lambda: _generation(uri))
    try:
        found = Path(uri).stat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _to_storage_error(error) from error
    return f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}"


def write(uri: str, data: bytes, private: bool = False, unless_changed: str | None = None) -> None:
    """Replace the object whole: a reader sees the old bytes or the new ones. Folders are made on the way.

    A private local file is its owner's alone. With `unless_changed`, a fingerprint, nothing is written where another
    process has changed the object since. Raises StorageError.
    """
    try:
        if is_local(uri):
            if unless_changed is not None and fingerprint(uri) != unless_changed:
                raise StorageError(CHANGED)
            path = Path(uri).resolve()  # a link stays a link
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, data, 0o600 if private else 0o666)
        else:
            _with_timeout(WRITE_SECONDS + len(data) // SLOWEST_WRITE, lambda: _upload(uri, data, unless_changed), WRITE)
    except OSError as error:
        raise _to_storage_error(error) from error


def _upload_if(filesystem: Any, path: str, data: bytes, generation: str) -> None:
    """Upload an object of few bytes if the one that is there has the generation; an empty one is no object."""
    bucket, key, _generation = filesystem.split_path(path)
    try:
        filesystem.call(
            "POST",
            f"{filesystem._location}/upload/storage/v1/b/{quote(bucket)}/o",
            uploadType="media",
            name=key,
            ifGenerationMatch=generation or "0",
            headers={"Content-Type": "application/octet-stream"},
            data=data,
        )
    except FileExistsError as error:  # gcsfs's name for a 412
        raise StorageError(CHANGED) from error


def replace_file(path: Path, data: bytes, mode: int) -> None:
    """Write a local file whole or not at all; once this returns, it outlasts a loss of power. Raises OSError."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)  # of a process that was killed; its mode may be another
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)  # less what the umask takes away
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except BaseException:
        os.unlink(scratch)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name, too
    finally:
        os.close(folder)


def is_local(uri: str) -> bool:
    """Whether it is a path."""
    return "://" not in uri


def join(folder: str, name: str) -> str:
    """The URI of a file in a folder."""
    return posixpath.join(folder, name)


def split(uri: str) -> tuple[str, str]:
    """The folder of a file, and its name there."""
    return posixpath.split(uri)


def _remote(uri: str) -> tuple[Any, str]:
    import fsspec  # with gcsfs it takes a second: only who reads remote objects pays

    filesystem, path = fsspec.core.url_to_fs(uri)
    return filesystem, path


def _forget_credentials() -> None:
    """Let the next call look for credentials: fsspec keeps a file system, also one that found none."""
    import gcsfs

    gcsfs.GCSFileSystem.clear_instance_cache()


def _upload(uri: str, data: bytes, unless_changed: str | None) -> None:
    filesystem, path = _remote(uri)
    if unless_changed is None:
        filesystem.pipe_file(path, data)
    else:
        _upload_if(filesystem, path, data, unless_changed)


def _to_storage_error(error: Exception, action: str = READ) -> StorageError:
    return errors.translated(error, action, [])


def _stat(filesystem: Any, path: str) -> dict[str, Any]:
    filesystem.invalidate_cache()
    about: dict[str, Any] = filesystem.info(path)
    if about["type"] == "directory":
        raise IsADirectoryError
    return about


def _generation(uri: str) -> str:
    filesystem, path = _remote(uri)
    try:
        return str(_stat(filesystem, path)["generation"])
    except FileNotFoundError:
        return ""


def _other(uri: str, limit: int) -> bytes:
    filesystem, path = _remote(uri)
    with filesystem.open(path, "rb") as file:
        return _limited(bytes(file.read(limit + 1)), limit)


def _download(uri: str, about: dict[str, Any], seconds: float) -> bytes:
    filesystem, path = _remote(uri)
    data = _download_body(filesystem, path, about["size"], seconds)
    if _generation(uri) != str(about["generation"]):
        raise StorageUnavailableError("was overwritten while it was read")
    if len(data) != about["size"] or not _has_md5(data, about.get("md5Hash")):
        raise StorageUnavailableError("came damaged or not to its end")
    return data


def _download_body(filesystem: Any, path: str, size: int, seconds: float) -> bytes:
    """What comes of an object: hardly more than its size, whatever is sent, and nothing once the time is over. What
    gcsfs itself reads is not bounded, and goes on in its thread beside the next one."""
    from fsspec.asyn import sync
    from gcsfs.retry import validate_response

    async def receive() -> bytes:
        headers: dict[str, str] = {}
        filesystem.credentials.apply(headers)
        body = io.BytesIO()
        async with filesystem.session.get(filesystem.url(path), headers=headers) as answer:
            async for piece in answer.content.iter_any():
                body.write(piece)
                if body.tell() > size:
                    break
            validate_response(answer.status, body.getvalue(), path)
        return body.getvalue()

    try:
        return cast(bytes, sync(filesystem.loop, receive, timeout=seconds))
    except TimeoutError:
        raise StorageUnavailableError(f"could not be read within {seconds:g} s") from None


def _limited(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise StorageError(f"larger than {limit} bytes")
    return data


def _has_md5(data: bytes, base64_md5: str | None) -> bool:
    # Composite objects have none. It is the store's check of the transport, not a proof of who wrote the object.
    return base64_md5 is None or b64decode(base64_md5) == hashlib.md5(data, usedforsecurity=False).digest()


def _with_timeout(seconds: float, work: Callable[[], Result], action: str = READ) -> Result:
    """What the work returns. A store that hangs is given up; its thread ends by itself when its libraries give up, and
    holds nothing large of what it reads."""
    causes: errors.Causes = []
    outcome: queue.SimpleQueue[tuple[Result | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        errors.collect(causes)
        try:
            outcome.put((work(), None))
        except Exception as error:  # gcsfs, aiohttp and google-auth have each their own families of exceptions
            outcome.put((None, error))

    threading.Thread(target=run, name="storage", daemon=True).start()
    try:
        result, error = outcome.get(timeout=seconds)
    except queue.Empty:
        raise errors.too_late(seconds, action, causes) from None
    if error is not None:
        raise errors.translated(error, action, causes, _forget_credentials) from error
    return cast(Result, result)
