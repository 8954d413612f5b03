"""URIs are split and joined as paths."""

import pytest

from ml_census import storage


@pytest.mark.parametrize(
    ("uri", "folder", "name"),
    [("gs://b/x/m.pkl", "gs://b/x", "m.pkl"), ("/m.pkl", "/", "m.pkl"), ("m.pkl", "", "m.pkl"), ("a/b", "a", "b")],
)
def test_uri_is_split_and_joined(uri: str, folder: str, name: str) -> None:
    assert storage.split(uri) == (folder, name)
    assert storage.join(folder, name) == uri


@pytest.mark.parametrize("uri", ["https://example.com/m", "memory://m"])
def test_only_paths_and_gcs_are_watched_and_written(uri: str) -> None:
    with pytest.raises(storage.StorageError, match="only local paths and gs://"):
        storage.fingerprint(uri)
    with pytest.raises(storage.StorageError, match="only local paths and gs://"):
        storage.write(uri, b"data")
