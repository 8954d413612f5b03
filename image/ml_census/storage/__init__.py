"""Read and write artifacts as bytes: local files, gs:// through gcsfs, and other URLs through fsspec (reading only)."""

from ml_census.storage import gcs, local, url
from ml_census.storage.errors import ObjectChangedError as ObjectChangedError
from ml_census.storage.errors import ObjectNotFoundError as ObjectNotFoundError
from ml_census.storage.errors import StorageError as StorageError
from ml_census.storage.errors import StorageUnavailableError as StorageUnavailableError
from ml_census.storage.local import replace_file as replace_file
from ml_census.storage.uri import is_gcs as is_gcs
from ml_census.storage.uri import is_local as is_local
from ml_census.storage.uri import join as join
from ml_census.storage.uri import split as split

MAX_BYTES = 2 * 1024**3
"""Maximum size of an artifact, so that a wrong URI does not fill the memory."""


def read(uri: str, limit: int = MAX_BYTES) -> bytes:
    """Return the whole file or object as it was at one moment, maximum `limit` bytes.

    Raises ObjectNotFoundError, StorageUnavailableError if a later attempt may succeed, or StorageError.
    """
    if is_local(uri):
        return local.read(uri, limit)
    return gcs.read(uri, limit) if is_gcs(uri) else url.read(uri, limit)


def fingerprint(uri: str) -> str:
    """Return text that changes with each write of the file or object, without reading it; empty if there is none.

    Raises StorageUnavailableError, or StorageError, also for a URL that is not gs://.
    """
    if is_local(uri):
        return local.fingerprint(uri)
    _require_gcs(uri)
    return gcs.fingerprint(uri)


def write(uri: str, data: bytes, private: bool = False, unless_changed: str | None = None) -> None:
    """Replace the file or object atomically and create its folders.

    Only the owner can read a private local file. With `unless_changed`, a fingerprint, raises ObjectChangedError if
    another process has changed the file or object since. Raises StorageError.
    """
    if is_local(uri):
        local.write(uri, data, private, unless_changed)
    else:
        _require_gcs(uri)
        gcs.write(uri, data, unless_changed)


def _require_gcs(uri: str) -> None:
    if not is_gcs(uri):
        raise StorageError("only local paths and gs:// can be watched and written")
