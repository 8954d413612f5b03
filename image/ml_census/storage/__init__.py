"""Read and write files: local paths, gs:// objects through gcsfs, and (only reading) other URLs through fsspec."""

from typing import BinaryIO

from ml_census.storage import gcs, local, url
from ml_census.storage.errors import ObjectChangedError as ObjectChangedError
from ml_census.storage.errors import ObjectExistsError as ObjectExistsError
from ml_census.storage.errors import ObjectNotFoundError as ObjectNotFoundError
from ml_census.storage.errors import StorageError as StorageError
from ml_census.storage.errors import StorageUnavailableError as StorageUnavailableError
from ml_census.storage.local import discard_unfinished as discard_unfinished
from ml_census.storage.local import replace_file as replace_file
from ml_census.storage.stored_file import StoredFile as StoredFile
from ml_census.storage.uri import is_gcs as is_gcs
from ml_census.storage.uri import is_local as is_local
from ml_census.storage.uri import join as join
from ml_census.storage.uri import split as split

MAX_BYTES = 2 * 1024**3
"""Default maximum size of a file or object, in bytes. The maximum protects the memory
if a URI is wrong."""


def read(uri: str, limit: int = MAX_BYTES) -> bytes:
    """Return the content of the file or object. All bytes of a gs:// object are from one version of the object.

    Raises ObjectNotFoundError if nothing is at the URI. Raises StorageUnavailableError
    if a later attempt may succeed. Raises StorageError for any other failure, and for
    more than `limit` bytes.
    """
    if is_local(uri):
        return local.read(uri, limit)
    return gcs.read(uri, limit) if is_gcs(uri) else url.read(uri, limit)


def fingerprint(uri: str) -> str:
    """Return text that changes with each write of the file or object, or "" if nothing is at the URI.

    The function reads metadata only. Raises StorageUnavailableError if a later attempt
    may succeed. Raises StorageError for any other failure, and for a URI that is
    neither a local path nor gs://.
    """
    if is_local(uri):
        return local.fingerprint(uri)
    _require_gcs(uri)
    return gcs.fingerprint(uri)


def write(uri: str, data: bytes, private: bool = False, unless_changed: str | None = None) -> None:
    """Create or replace the file or object atomically, and create missing local folders.

    With `private`, only the owner can read the local file. `unless_changed` is an
    earlier result of fingerprint(), or None for no check. Raises ObjectChangedError if
    the current fingerprint differs. Raises StorageUnavailableError if a later attempt
    may succeed. Raises StorageError for any other failure, and for a URI of another
    kind.
    """
    if is_local(uri):
        local.write(uri, data, private, unless_changed)
    else:
        _require_gcs(uri)
        gcs.write(uri, data, unless_changed)


def create(uri: str, data: bytes) -> None:
    """Create the file or object, whole or not at all, and missing local folders.

    Raises ObjectExistsError if a file is at the URI. Of several processes that create
    the same file, one succeeds. Raises StorageUnavailableError if a later attempt may
    succeed. Raises StorageError for any other failure, and for a URI of another kind.
    """
    if is_local(uri):
        local.create(uri, data)
        return
    _require_gcs(uri)
    try:
        gcs.write(uri, data, unless_changed="")
    except ObjectChangedError as error:
        raise ObjectExistsError from error


def find(pattern: str) -> list[StoredFile]:
    """Return the files at a URI, below a folder, or of a glob pattern, in the order of their URIs.

    In a folder, names that begin with "." or "_" are left out, with everything below
    such a folder. The list is empty if nothing is found. Raises StorageUnavailableError
    if a later attempt may succeed, and StorageError for any other failure.
    """
    if is_local(pattern):
        return local.find(pattern)
    _require_gcs(pattern)
    return gcs.find(pattern)


def open_version(file: StoredFile) -> BinaryIO:
    """Return a seekable file that reads the version of the file or object that find() found.

    Reading raises ObjectChangedError if the file has another version. Reading raises
    StorageUnavailableError if a later attempt may succeed, and StorageError for any
    other failure.
    """
    return local.open_version(file) if is_local(file.uri) else gcs.open_version(file)


def _require_gcs(uri: str) -> None:
    if not is_gcs(uri):
        raise StorageError("only local paths and gs:// can be watched and written")
