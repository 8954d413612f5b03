"""Writing where others write as well: no change of another command is lost."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ml_census import storage
from ml_census.cli.main import main
from support.fake_gcs import Answering, Bucket

URI = "gs://models/users.json"


def add(name: str, uri: str) -> tuple[int, str]:
    options = ["--users", uri]
    done = CliRunner().invoke(main, ["user", "add", name, *options], input="correct horse battery\n")
    return done.exit_code, done.output


def test_users_are_added_to_a_file_in_a_bucket(bucket: Bucket) -> None:
    assert add("ada", URI) == (0, f"ada can log in from {URI}\n")
    assert add("bob", URI)[0] == 0

    assert set(json.loads(bucket.objects["users.json"])) == {"ada", "bob"}


@pytest.mark.parametrize("before", [None, b'{"eve": "x"}'], ids=["no object", "an object"])
def test_an_object_that_was_changed_meanwhile_is_left_alone(bucket: Bucket, before: bytes | None) -> None:
    if before:
        bucket.objects["users.json"] = before
    seen = storage.fingerprint(URI)
    storage.write(URI, b"first", unless_changed=seen)

    with pytest.raises(storage.StorageError, match="was changed by another command meanwhile, and nothing is written"):
        storage.write(URI, b"second", unless_changed=seen)

    assert bucket.objects["users.json"] == b"first"


@pytest.mark.parametrize("before", [None, b"old"], ids=["no file", "a file"])
def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "users.json"
    if before:
        path.write_bytes(before)
    seen = storage.fingerprint(str(path))
    storage.write(str(path), b"first", unless_changed=seen)

    with pytest.raises(storage.StorageError, match="was changed by another command meanwhile, and nothing is written"):
        storage.write(str(path), b"second", unless_changed=seen)

    assert path.read_bytes() == b"first"


def test_a_command_that_may_not_write_names_the_role_to_write(bucket: Bucket) -> None:
    """An account that may read has roles/storage.objectViewer already."""

    def deny(way: Answering) -> None:
        way.answer(b'{"error": {"code": 403, "message": "no storage.objects.create access"}}', 403)

    bucket.answers = deny
    for conditions in ({}, {"unless_changed": ""}):
        with pytest.raises(storage.StorageError, match="needs roles/storage.objectUser on the bucket"):
            storage.write(URI, b"data", **conditions)  # type: ignore[arg-type]
    with pytest.raises(storage.StorageError, match="needs roles/storage.objectViewer on the bucket"):
        storage.read(URI)


def test_what_a_killed_process_has_left_does_not_make_a_private_file_public(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
