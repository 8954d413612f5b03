"""Files at URLs that fsspec reads."""

import fsspec
import pytest

from ml_census import storage


def test_file_larger_than_the_limit_is_rejected() -> None:
    fsspec.filesystem("memory").pipe_file("/file", b"12345")

    assert storage.read("memory://file", limit=5) == b"12345"
    with pytest.raises(storage.StorageError, match="larger than 4 bytes"):
        storage.read("memory://file", limit=4)


def test_missing_file_is_not_found() -> None:
    with pytest.raises(storage.ObjectNotFoundError):
        storage.read("memory://missing")
