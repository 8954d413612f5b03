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
    """Return one version of the whole file or object.

    Raises ObjectNotFoundError. Raises StorageUnavailableError if a later attempt may succeed. Raises StorageError for
    any other failure, and for more than `limit` bytes.
    """
    if is_local(uri):
        return local.read(uri, limit)
    return gcs.read(uri, limit) if is_gcs(uri) else url.read(uri, limit)


def fingerprint(uri: str) -> str:
    """Return text that changes with each write of the file or object, or "" if nothing is at the URI.

    The content is not read. Raises StorageUnavailableError if a later attempt may succeed. Raises StorageError for any
    other failure, and for a URI that is neither a local path nor gs://.
    """
    if is_local(uri):
        return local.fingerprint(uri)
    _require_gcs(uri)
    return gcs.fingerprint(uri)


def write(uri: str, data: bytes, private: bool = False, unless_changed: str | None = None) -> None:
    """Replace the file or object atomically and create its folders.

    Only the owner can read a `private` local file. `unless_changed` is an earlier fingerprint, or None. Raises
    ObjectChangedError if the file or object has another fingerprint, and StorageError for any other failure.
    """
    if is_local(uri):
        local.write(uri, data, private, unless_changed)
    else:
        _require_gcs(uri)
        gcs.write(uri, data, unless_changed)


def _require_gcs(uri: str) -> None:
    if not is_gcs(uri):
        raise StorageError("only local paths and gs:// can be watched and written")
