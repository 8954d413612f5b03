"""What was read is kept byte for byte, privately, whole or not at all."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ml_census.storage import ObjectNotFoundError, snapshot
from ml_census.storage.snapshot import Snapshot


def test_what_was_read_is_read_once_and_what_is_not_there_is_remembered(tmp_path: Path) -> None:
    read = Snapshot()
    (tmp_path / "a").write_bytes(b"1")
    for _ in range(2):
        assert read.read(str(tmp_path / "a"), 10) == b"1"
        with pytest.raises(ObjectNotFoundError):
            read.read(str(tmp_path / "b"), 10)
        (tmp_path / "a").write_bytes(b"2")
        (tmp_path / "b").write_bytes(b"2")

    assert read.fingerprints[str(tmp_path / "b")] == ""
    assert read.fingerprints[str(tmp_path / "a")]


def test_what_is_saved_is_loaded_and_knows_no_store(tmp_path: Path) -> None:
    Snapshot({"gs://b/m": b"model", "gs://b/x": None}).save(tmp_path / "kept")

    loaded = snapshot.read_cache(tmp_path / "kept")

    assert loaded.read("gs://b/m", 10) == b"model"
    for missing in ("gs://b/x", "gs://b/y"):
        with pytest.raises(ObjectNotFoundError):
            loaded.read(missing, 10)
    assert {path.stat().st_mode & 0o077 for path in [tmp_path / "kept", *(tmp_path / "kept").iterdir()]} == {0}


def test_what_lies_here_is_not_kept_but_read_again(tmp_path: Path) -> None:
    """A signing key is mounted from memory: no disk may hold it, nor bring back one that was removed."""
    (tmp_path / "key").write_bytes(b"old")
    read = Snapshot({"gs://b/m": b"model"})
    read.read(str(tmp_path / "key"), 10)

    read.only_remote().save(tmp_path / "kept")
    (tmp_path / "key").write_bytes(b"new")

    assert not any(b"old" in path.read_bytes() for path in (tmp_path / "kept").iterdir())
    loaded = snapshot.read_cache(tmp_path / "kept")
    assert loaded.read(str(tmp_path / "key"), 10) == b"new"
    assert list(loaded.fingerprints) == [str(tmp_path / "key")]


def test_what_is_saved_again_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    for data in (b"old", b"new"):
        Snapshot({"m": data, "n": b"same"}).save(tmp_path / "kept")

    assert snapshot.read_cache(tmp_path / "kept").files == {"m": b"new", "n": b"same"}
    assert len([*(tmp_path / "kept").iterdir()]) == 3


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
"""Forks, one for each step of a save at which it dies: it costs less than as many interpreters."""


@pytest.mark.slow
def test_save_killed_at_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    old = {"gs://b/m": "old", "gs://b/n": "same"}
    new = {"gs://b/m": "new", "gs://b/n": "same", "gs://b/o": "more"}
    command = [sys.executable, "-c", KILLED, str(tmp_path / "kept"), json.dumps([old, new])]

    outcomes = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    assert outcomes[0] == old
    assert outcomes[-1] == new
    assert 10 < len(outcomes) < 100
    assert all(each in (old, new) for each in outcomes)
    assert len([*(tmp_path / "kept").iterdir()]) == 4, "what was left half done is removed"


def test_nothing_is_named_before_the_disk_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a loss of power the index must not be there without its files."""
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda handle: (done.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name), fsync(handle))
    )
    monkeypatch.setattr(os, "replace", lambda old, new: (done.append(f"{old.name} is {new.name}"), replace(old, new)))

    Snapshot({"gs://b/m": b"model"}).save(tmp_path / "kept")

    name = hashlib.sha256(b"model").hexdigest()
    scratch = [f".{each}.{os.getpid()}" for each in (name, snapshot.INDEX)]
    assert done == [
        scratch[0], f"{scratch[0]} is {name}", "kept", scratch[1], f"{scratch[1]} is {snapshot.INDEX}", "kept",
    ]  # fmt: skip


def test_kept_bytes_that_have_changed_are_refused(tmp_path: Path) -> None:
    Snapshot({"m": b"model"}).save(tmp_path / "kept")
    (kept,) = (path for path in (tmp_path / "kept").iterdir() if path.name != snapshot.INDEX)
    kept.write_bytes(b"modem")

    with pytest.raises(ValueError, match="was changed"):
        snapshot.read_cache(tmp_path / "kept")
