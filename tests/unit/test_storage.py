"""Local files; gs:// is tested in tests/system against an emulator."""

from pathlib import Path

import fsspec
import pytest

from ml_census import storage


def test_what_is_written_is_read(tmp_path: Path) -> None:
    uri = storage.join(str(tmp_path), "new/file")

    storage.write(uri, b"old")
    storage.write(uri, b"data")

    assert storage.read(uri) == b"data"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


def test_a_private_file_is_its_owners_alone_and_others_are_as_the_umask_says(tmp_path: Path) -> None:
    """Passwords' hashes are nobody else's; a model may be mounted into a container that runs as another user."""
    (tmp_path / "touched").touch()
    storage.write(str(tmp_path / "public"), b"data")
    storage.write(str(tmp_path / "private"), b"data", private=True)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert modes["private"] == 0o600
    assert modes["public"] == modes["touched"]


def test_more_than_the_limit_is_an_error(tmp_path: Path) -> None:
    storage.write(str(tmp_path / "file"), b"12345")

    assert storage.read(str(tmp_path / "file"), limit=5) == b"12345"
    with pytest.raises(storage.StorageError, match="larger than 4 bytes"):
        storage.read(str(tmp_path / "file"), limit=4)


def test_more_than_the_limit_is_an_error_also_where_the_store_says_no_size() -> None:
    fsspec.filesystem("memory").pipe_file("/file", b"12345")

    assert storage.read("memory://file", limit=5) == b"12345"
    with pytest.raises(storage.StorageError, match="larger than 4 bytes"):
        storage.read("memory://file", limit=4)


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(storage.NotFound):
        storage.read(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("uri", "folder", "name"),
    [("gs://b/x/m.pkl", "gs://b/x", "m.pkl"), ("/m.pkl", "/", "m.pkl"), ("m.pkl", "", "m.pkl"), ("a/b", "a", "b")],
)
def test_a_uri_is_split_and_joined(uri: str, folder: str, name: str) -> None:
    assert storage.split(uri) == (folder, name)
    assert storage.join(folder, name) == uri
