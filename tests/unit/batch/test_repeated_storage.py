"""Errors of the storage name the URI; a file that exists is no error of its creation."""

from pathlib import Path

import pytest

from ml_census.batch import repeated_storage
from ml_census.storage import ObjectNotFoundError, StorageError, StorageUnavailableError, retries
from support.fake_gcs import Bucket


def test_file_is_created_and_read(tmp_path: Path) -> None:
    uri = str(tmp_path / "file")

    assert repeated_storage.create(uri, b"data")
    assert not repeated_storage.create(uri, b"other")
    assert repeated_storage.read(uri) == b"data"
    assert [file.uri for file in repeated_storage.find(str(tmp_path))] == [uri]


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert repeated_storage.fingerprint(str(tmp_path / "file")) == ""
    with pytest.raises(ObjectNotFoundError, match="file: not found$"):
        repeated_storage.read(str(tmp_path / "file"))


def test_file_changed_meanwhile_is_named(tmp_path: Path) -> None:
    uri = str(tmp_path / "file")
    repeated_storage.write(uri, b"data")

    with pytest.raises(StorageError, match="file: was changed by another process$"):
        repeated_storage.write(uri, b"new", unless_changed="another")


def test_unavailable_bucket_is_named_after_some_attempts(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "PAUSE_SECONDS", (0,))
    bucket.respond = lambda handler: handler.reset()
    monkeypatch.setattr("ml_census.storage.gcs.STAT_TIMEOUT_SECONDS", 0.5)

    with pytest.raises(StorageUnavailableError, match="^gs://models/file: "):
        repeated_storage.fingerprint("gs://models/file")
