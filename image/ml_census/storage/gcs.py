"""Objects of Google Cloud Storage, through gcsfs.

A generation is the version number of an object: each write gives the object a new
generation.
"""

import hashlib
import io
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ml_census.storage import gcsfs_internals
from ml_census.storage.error_translation import READ, WRITE
from ml_census.storage.errors import ObjectChangedError, StorageError, StorageUnavailableError
from ml_census.storage.ranged_file import RangedFile
from ml_census.storage.stored_file import StoredFile, is_hidden
from ml_census.storage.timeout import run_with_timeout

if TYPE_CHECKING:
    import aiohttp

STAT_TIMEOUT_SECONDS: float = 5
"""Timeout for reading the metadata of an object.

Without this timeout, gcsfs would retry for 30 s, and google-auth too if there is no
metadata server.
"""
DOWNLOAD_TIMEOUT_SECONDS: float = 60
"""Timeout for each request of gcsfs, and for the whole download of an object of maximum
600 MB."""
MIN_DOWNLOAD_RATE = 10_000_000
"""Bytes per second. The timeout for the download of a larger object is the size of the
object / MIN_DOWNLOAD_RATE."""
UPLOAD_TIMEOUT_SECONDS: float = 15
"""Constant part of the timeout for an upload. The other part is the size of the object
/ MIN_UPLOAD_RATE."""
MIN_UPLOAD_RATE = 1_000_000
"""Bytes per second, for the timeout of an upload."""
LIST_TIMEOUT_SECONDS: float = 60
"""Timeout for a listing. A listing of 100,000 objects takes 20 requests."""
RANGE_BYTES = 32 * 1024**2
"""Maximum bytes that a download reads with one request. gcsfs briefly keeps twice this
number in memory."""


def read(uri: str, limit: int) -> bytes:
    """Return the content of one generation of the object.

    Raises ObjectNotFoundError if the object does not exist. Raises
    StorageUnavailableError if a later attempt may succeed, for example if the object
    was overwritten during the download. Raises StorageError for any other failure, and
    for more than `limit` bytes.
    """
    metadata = run_with_timeout(STAT_TIMEOUT_SECONDS, lambda: _metadata(uri), READ)
    if metadata["size"] > limit:
        raise StorageError(f"larger than {limit} bytes")
    seconds = max(DOWNLOAD_TIMEOUT_SECONDS, metadata["size"] / MIN_DOWNLOAD_RATE)
    deadline = time.monotonic() + seconds
    return run_with_timeout(seconds, lambda: _download(uri, metadata, deadline), READ)


def fingerprint(uri: str) -> str:
    """Return the generation of the object as text, or "" if the object does not exist.

    Raises StorageUnavailableError if a later attempt may succeed, and StorageError for
    any other failure.
    """
    return run_with_timeout(STAT_TIMEOUT_SECONDS, lambda: _generation(uri), READ)


def write(uri: str, data: bytes, unless_changed: str | None) -> None:
    """Create or replace the object.

    `unless_changed` is an earlier result of fingerprint(), or None for no check. Raises
    ObjectChangedError if the object has another generation. Raises
    StorageUnavailableError if a later attempt may succeed, and StorageError for any
    other failure.
    """
    seconds = UPLOAD_TIMEOUT_SECONDS + len(data) // MIN_UPLOAD_RATE
    run_with_timeout(seconds, lambda: _upload(uri, data, unless_changed), WRITE)


def find(pattern: str) -> list[StoredFile]:
    """Return the objects at a URI, below a folder, or of a glob pattern, sorted by URI.

    Raises StorageUnavailableError if a later attempt may succeed, and StorageError for
    any other failure.
    """
    found = run_with_timeout(LIST_TIMEOUT_SECONDS, lambda: _find(pattern), READ)
    return sorted(
        StoredFile(f"gs://{name}", int(metadata["size"]), str(metadata["generation"]))
        for name, metadata in found.items()
        if metadata["type"] != "directory"
    )


def open_version(file: StoredFile) -> BinaryIO:
    """Return a seekable file that reads ranges of the generation `file.version` of an object.

    Reading raises ObjectChangedError if the object has another generation. Reading
    raises StorageUnavailableError if a later attempt may succeed, and StorageError for
    any other failure.
    """
    return cast(BinaryIO, RangedFile(file.size, lambda start, stop: _read_range(file, start, stop)))


def _filesystem(uri: str) -> tuple[Any, str]:
    """Return the file system of gcsfs and the path in it."""
    # Imported here, since the import of gcsfs takes a second and local files do not
    # need gcsfs. The name gcsfs.GCSFileSystem may be a subclass that requests the type
    # of each bucket. The environment variable GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT selects
    # the class.
    from gcsfs.core import GCSFileSystem

    session = {"trace_configs": [_size_check()]}
    filesystem = GCSFileSystem(requests_timeout=DOWNLOAD_TIMEOUT_SECONDS, session_kwargs=session)
    return filesystem, uri.removeprefix("gs://")


@contextmanager
def _new_credentials_after_failure(filesystem: Any) -> Iterator[None]:
    """Discard the cached file system if no credentials were found. The next call then looks for credentials."""
    try:
        yield
    except Exception as error:
        if "Anonymous caller" in str(error):
            filesystem.clear_instance_cache()
        raise


@cache
def _size_check() -> "aiohttp.TraceConfig":
    """Return a hook that rejects a response with more bytes than the requested range, before the body is read."""
    import aiohttp

    async def check(_session: object, _context: object, params: "aiohttp.TraceRequestEndParams") -> None:
        first, _, last = params.headers.get("Range", "").removeprefix("bytes=").partition("-")
        length = params.response.content_length
        if last and length is not None and length > int(last) - int(first) + 1:
            params.response.close()
            raise StorageUnavailableError("was damaged or cut short in transit")

    config = aiohttp.TraceConfig()
    config.on_request_end.append(check)
    return config


def _metadata(uri: str) -> dict[str, Any]:
    filesystem, path = _filesystem(uri)
    filesystem.invalidate_cache()
    with _new_credentials_after_failure(filesystem):
        metadata: dict[str, Any] = filesystem.info(path)
    if metadata["type"] == "directory":
        raise IsADirectoryError
    return metadata


def _generation(uri: str) -> str:
    try:
        return str(_metadata(uri)["generation"])
    except FileNotFoundError:
        return ""


def _download(uri: str, metadata: dict[str, Any], deadline: float) -> bytes:
    filesystem, path = _filesystem(uri)
    size, generation = metadata["size"], str(metadata["generation"])
    body = io.BytesIO()
    try:
        for start in range(0, size, RANGE_BYTES):
            if time.monotonic() > deadline:
                raise TimeoutError
            body.write(filesystem.cat_file(path, start, min(start + RANGE_BYTES, size), generation=generation))
    except FileNotFoundError as error:
        raise StorageUnavailableError("was overwritten while it was read") from error
    data = body.getvalue()
    if len(data) != size or not _has_md5(data, metadata.get("md5Hash")):
        raise StorageUnavailableError("was damaged or cut short in transit")
    return data


def _find(pattern: str) -> dict[str, dict[str, Any]]:
    filesystem, path = _filesystem(pattern)
    filesystem.invalidate_cache()
    with _new_credentials_after_failure(filesystem):
        if any(character in path for character in "*?["):
            return cast(dict[str, dict[str, Any]], filesystem.glob(path, detail=True))
        found: dict[str, dict[str, Any]] = filesystem.find(path, detail=True)
    prefix = path.rstrip("/") + "/"
    return {name: entry for name, entry in found.items() if name == path or not is_hidden(name.removeprefix(prefix))}


def _read_range(file: StoredFile, start: int, stop: int) -> bytes:
    def read() -> bytes:
        filesystem, path = _filesystem(file.uri)
        try:
            return bytes(filesystem.cat_file(path, start, stop, generation=file.version))
        except FileNotFoundError as error:
            raise ObjectChangedError from error

    data = run_with_timeout(DOWNLOAD_TIMEOUT_SECONDS + (stop - start) / MIN_DOWNLOAD_RATE, read, READ)
    if len(data) != stop - start:
        raise StorageUnavailableError("was damaged or cut short in transit")
    return data


def _has_md5(data: bytes, base64_md5: str | None) -> bool:
    # Composite objects have no MD5. The MD5 detects transmission errors, and does not
    # authenticate the writer.
    return base64_md5 is None or b64decode(base64_md5) == hashlib.md5(data, usedforsecurity=False).digest()


def _upload(uri: str, data: bytes, generation: str | None) -> None:
    filesystem, path = _filesystem(uri)
    try:
        with _new_credentials_after_failure(filesystem):
            if generation is None:
                filesystem.pipe_file(path, data)
            else:
                gcsfs_internals.upload_if_generation(filesystem, path, data, generation)
    except FileExistsError as error:  # gcsfs raises it for 412, Precondition Failed
        raise ObjectChangedError from error
