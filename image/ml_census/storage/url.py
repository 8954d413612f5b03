"""Reading of files at URLs other than gs:// that fsspec supports, such as https://."""

from ml_census.storage.error_translation import READ
from ml_census.storage.errors import StorageError
from ml_census.storage.timeout import run_with_timeout

DOWNLOAD_TIMEOUT_SECONDS: float = 60
"""Timeout for the download of a file."""


def read(url: str, limit: int) -> bytes:
    """Return the content of the file at the URL. Raises ObjectNotFoundError if there is no file.

    Raises StorageUnavailableError if a later attempt may succeed. Raises StorageError
    for any other failure, and for more than `limit` bytes.
    """
    return run_with_timeout(DOWNLOAD_TIMEOUT_SECONDS, lambda: _read(url, limit), READ)


def _read(url: str, limit: int) -> bytes:
    import fsspec  # the import takes half a second, and local files do not need fsspec

    filesystem, path = fsspec.core.url_to_fs(url)
    with filesystem.open(path, "rb") as file:
        data = bytes(file.read(limit + 1))
    if len(data) > limit:
        raise StorageError(f"larger than {limit} bytes")
    return data
