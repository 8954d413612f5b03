"""A snapshot reads each file once; its cache is private and atomic."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ml_census.storage import ObjectNotFoundError, snapshot
from ml_census.storage.snapshot import Snapshot


def test_file_is_read_once_and_a_missing_one_remembered(tmp_path: Path) -> None:
    live = Snapshot()
    (tmp_path / "a").write_bytes(b"1")
    for _ in range(2):
        assert live.read(str(tmp_path / "a"), 10) == b"1"
        with pytest.raises(ObjectNotFoundError):
            live.read(str(tmp_path / "b"), 10)
        (tmp_path / "a").write_bytes(b"2")
        (tmp_path / "b").write_bytes(b"2")

    assert live.fingerprints[str(tmp_path / "b")] == ""
    assert live.fingerprints[str(tmp_path / "a")]


def test_saved_snapshot_is_loaded_and_accesses_no_storage(tmp_path: Path) -> None:
    Snapshot({"gs://b/m": b"model", "gs://b/x": None}).save(tmp_path / "cache")

    loaded = snapshot.read_cache(tmp_path / "cache")

    assert loaded.read("gs://b/m", 10) == b"model"
    for missing in ("gs://b/x", "gs://b/y"):
        with pytest.raises(ObjectNotFoundError):
            loaded.read(missing, 10)
    assert {path.stat().st_mode & 0o077 for path in [tmp_path / "cache", *(tmp_path / "cache").iterdir()]} == {0}


def test_local_file_is_not_cached_but_read_again(tmp_path: Path) -> None:
    """A signing key is mounted from memory: no disk may hold it, and a removed key must not come back."""
    (tmp_path / "key").write_bytes(b"old")
    live = Snapshot({"gs://b/m": b"model"})
    live.read(str(tmp_path / "key"), 10)

    live.only_remote().save(tmp_path / "cache")
    (tmp_path / "key").write_bytes(b"new")

    assert not any(b"old" in path.read_bytes() for path in (tmp_path / "cache").iterdir())
    loaded = snapshot.read_cache(tmp_path / "cache")
    assert loaded.read(str(tmp_path / "key"), 10) == b"new"
    assert list(loaded.fingerprints) == [str(tmp_path / "key")]


def test_second_save_replaces_the_first(tmp_path: Path) -> None:
    for data in (b"old", b"new"):
        Snapshot({"m": data, "n": b"same"}).save(tmp_path / "cache")

    assert snapshot.read_cache(tmp_path / "cache").files == {"m": b"new", "n": b"same"}
    assert len([*(tmp_path / "cache").iterdir()]) == 3


KILLED = """
import json, os, sys
from pathlib import Path
from ml_census.storage import snapshot
from ml_census.storage.snapshot import Snapshot

OLD, NEW = ({uri: data.encode() for uri, data in files.items()} for files in json.loads(sys.argv[2]))
folder = Path(sys.argv[1])

def save_and_die(left):
    def dying(function):
        def call(*args):
            nonlocal left
            if left == 0:
                os._exit(9)
            left -= 1
            return function(*args)
        return call

    for name in ("open", "fsync", "replace", "unlink"):
        setattr(os, name, dying(getattr(os, name)))
    Snapshot(NEW).save(folder)
    os._exit(0)

outcomes, status = [], None
while status != 0 and len(outcomes) < 100:
    Snapshot(OLD).save(folder)
    if (child := os.fork()) == 0:
        save_and_die(len(outcomes))
    status = os.waitpid(child, 0)[1]
    outcomes.append({uri: data.decode() for uri, data in snapshot.read_cache(folder).files.items()})
print(json.dumps(outcomes))
"""
"""Forks one child for each step of a save at which it is killed; a fork costs less than an interpreter."""


@pytest.mark.slow
def test_save_killed_at_any_step_leaves_old_or_new_files(tmp_path: Path) -> None:
    old = {"gs://b/m": "old", "gs://b/n": "same"}
    new = {"gs://b/m": "new", "gs://b/n": "same", "gs://b/o": "more"}
    command = [sys.executable, "-c", KILLED, str(tmp_path / "cache"), json.dumps([old, new])]

    outcomes = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    assert outcomes[0] == old
    assert outcomes[-1] == new
    assert 10 < len(outcomes) < 100
    assert all(outcome in (old, new) for outcome in outcomes)
    assert len([*(tmp_path / "cache").iterdir()]) == 4, "files of the interrupted save are removed"


def test_index_is_written_after_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power loss the index must not exist without its files."""
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def recorded_fsync(handle: int) -> None:
        steps.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        fsync(handle)

    def recorded_replace(old: Path, new: Path) -> None:
        steps.append(f"{old.name} is {new.name}")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "replace", recorded_replace)

    Snapshot({"gs://b/m": b"model"}).save(tmp_path / "cache")

    name = hashlib.sha256(b"model").hexdigest()
    scratch = [f".{file}.{socket.gethostname()}.{os.getpid()}" for file in (name, snapshot.INDEX)]
    assert steps == [
        scratch[0], f"{scratch[0]} is {name}", "cache", scratch[1], f"{scratch[1]} is {snapshot.INDEX}", "cache",
    ]  # fmt: skip


def test_changed_file_in_the_cache_is_rejected(tmp_path: Path) -> None:
    Snapshot({"m": b"model"}).save(tmp_path / "cache")
    (cached,) = (path for path in (tmp_path / "cache").iterdir() if path.name != snapshot.INDEX)
    cached.write_bytes(b"modem")

    with pytest.raises(ValueError, match="was changed"):
        snapshot.read_cache(tmp_path / "cache")
