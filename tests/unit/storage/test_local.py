"""Local files: content, mode and conditional writes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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
    monkeypatch.setattr("socket.gethostname", lambda: "pod-0")
    (scratch := tmp_path / ".users.json.pod-0.7").write_bytes(b"left")
    scratch.chmod(0o666)

    storage.write(str(tmp_path / "users.json"), b"data", private=True)

    assert (tmp_path / "users.json").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["users.json"]


def test_unfinished_file_of_another_pod_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The main process of each container of a shared volume can have the process id 1."""
    monkeypatch.setattr("os.getpid", lambda: 1)
    monkeypatch.setattr("socket.gethostname", lambda: "pod-1")
    (other := tmp_path / ".plan.json.pod-0.1").write_bytes(b"half")

    storage.create(str(tmp_path / "plan.json"), b"plan")

    assert (tmp_path / "plan.json").read_bytes() == b"plan"
    assert other.read_bytes() == b"half"


def test_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")

    storage.write(str(tmp_path / "link"), b"new")

    assert (tmp_path / "file").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()


def test_file_is_created_only_once(tmp_path: Path) -> None:
    uri = str(tmp_path / "new/file")
    storage.create(uri, b"first")

    with pytest.raises(storage.ObjectExistsError):
        storage.create(uri, b"second")
    assert storage.read(uri) == b"first"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]


def test_of_many_creations_at_once_one_succeeds(tmp_path: Path) -> None:
    """Processes, as the shards of a run: the hidden file of a process has its number in the name."""
    code = (
        "import sys; from ml_census import storage\n"
        "sys.stdin.readline()\n"
        "try: storage.create(sys.argv[1], sys.argv[2].encode()); print(sys.argv[2])\n"
        "except storage.ObjectExistsError: pass\n"
    )
    uri = str(tmp_path / "file")
    command = [sys.executable, "-c", code, uri]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([*command, str(number)], **pipes) for number in range(4)]

    printed = [process.communicate("\n")[0].strip() for process in processes]

    (winner,) = filter(None, printed)
    assert storage.read(uri) == winner.encode()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("in", ["a", "b/c"]),
        ("in/", ["a", "b/c"]),
        ("in/*", ["_x", "a"]),
        ("in/**", ["_x", "a", "b/_x", "b/c"]),
        ("in/a", ["a"]),
        ("in/z", []),
    ],
)
def test_files_are_found_in_order(tmp_path: Path, pattern: str, names: list[str]) -> None:
    for name in ("b/c", "a", "_x", ".x", "b/_x"):
        storage.write(str(tmp_path / "in" / name), b"data")

    found = storage.find(str(tmp_path / pattern))

    assert [os.path.relpath(file.uri, tmp_path / "in") for file in found] == names
    assert all(file.size == 4 for file in found)


def test_other_version_of_a_file_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    (file,) = storage.find(str(path))
    with storage.open_version(file) as opened:
        assert opened.read() == b"old"
    path.write_bytes(b"newer")

    with pytest.raises(storage.ObjectChangedError):
        storage.open_version(file)


def test_unfinished_file_of_an_ended_process_is_removed(tmp_path: Path) -> None:
    """The thread that writes the file ends with the process."""
    code = (
        "import os, sys; from ml_census import storage; from ml_census.storage import local\n"
        "local._write_scratch(__import__('pathlib').Path(sys.argv[1]), b'half', 0o600)\n"
        "print(len(os.listdir(os.path.dirname(sys.argv[1]))))\n"
        "storage.discard_unfinished()\n"
    )

    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "file")], capture_output=True, text=True)

    assert done.stdout == "1\n", done.stderr
    assert list(tmp_path.iterdir()) == []
