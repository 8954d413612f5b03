"""Local files: content, mode and conditional writes."""

from pathlib import Path

import pytest

from ml_census import storage


def test_written_file_is_read(tmp_path: Path) -> None:
    uri = storage.join(str(tmp_path), "new/file")

    storage.write(uri, b"old")
    storage.write(uri, b"data")

    assert storage.read(uri) == b"data"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


def test_private_file_has_mode_600_and_others_the_umask(tmp_path: Path) -> None:
    """Password hashes are private; a model may be mounted into a container that runs as another user."""
    (tmp_path / "touched").touch()
    storage.write(str(tmp_path / "public"), b"data")
    storage.write(str(tmp_path / "private"), b"data", private=True)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert modes["private"] == 0o600
    assert modes["public"] == modes["touched"]


def test_file_larger_than_the_limit_is_rejected(tmp_path: Path) -> None:
    storage.write(str(tmp_path / "file"), b"12345")

    assert storage.read(str(tmp_path / "file"), limit=5) == b"12345"
    with pytest.raises(storage.StorageError, match="larger than 4 bytes"):
        storage.read(str(tmp_path / "file"), limit=4)


def test_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(storage.ObjectNotFoundError):
        storage.read(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("before", [None, b"old"], ids=["no file", "a file"])
def test_file_changed_since_its_fingerprint_is_not_replaced(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "users.json"
    if before:
        path.write_bytes(before)
    before_write = storage.fingerprint(str(path))
    storage.write(str(path), b"first", unless_changed=before_write)

    with pytest.raises(storage.ObjectChangedError, match="was changed by another command, and nothing is written"):
        storage.write(str(path), b"second", unless_changed=before_write)

    assert path.read_bytes() == b"first"


def test_leftover_of_a_killed_process_is_not_made_public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getpid", lambda: 7)
    (scratch := tmp_path / ".users.json.7").write_bytes(b"left")
    scratch.chmod(0o666)

    storage.write(str(tmp_path / "users.json"), b"data", private=True)

    assert (tmp_path / "users.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["users.json"]


def test_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")

    storage.write(str(tmp_path / "link"), b"new")

    assert (tmp_path / "file").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()
