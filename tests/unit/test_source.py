"""What was read is kept byte for byte, privately, whole or not at all."""

from pathlib import Path

import pytest

from ml_census import source
from ml_census.source import Source
from ml_census.storage import NotFound


def test_what_was_read_is_read_once_and_what_is_not_there_is_remembered(tmp_path: Path) -> None:
    read = Source()
    (tmp_path / "a").write_bytes(b"1")
    for _ in range(2):
        assert read.read(str(tmp_path / "a"), 10) == b"1"
        with pytest.raises(NotFound):
            read.read(str(tmp_path / "b"), 10)
        (tmp_path / "a").write_bytes(b"2")
        (tmp_path / "b").write_bytes(b"2")

    assert read.fingerprints[str(tmp_path / "b")] == ""
    assert read.fingerprints[str(tmp_path / "a")]


def test_what_is_saved_is_loaded_and_knows_no_store(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    Source({"gs://b/m": b"model", "gs://b/x": None}).save(tmp_path / "kept")

    loaded = source.load(tmp_path / "kept")

    assert loaded.read("gs://b/m", 10) == b"model"
    for missing in ("gs://b/x", str(tmp_path / "a")):
        with pytest.raises(NotFound):
            loaded.read(missing, 10)
    assert {path.stat().st_mode & 0o077 for path in [tmp_path / "kept", *(tmp_path / "kept").iterdir()]} == {0}


def test_what_is_saved_again_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    for data in (b"old", b"new"):
        Source({"m": data}).replace(tmp_path / "kept")

    assert source.load(tmp_path / "kept").files == {"m": b"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_kept_bytes_that_have_changed_are_refused(tmp_path: Path) -> None:
    Source({"m": b"model"}).save(tmp_path / "kept")
    (kept,) = (path for path in (tmp_path / "kept").iterdir() if path.name != source.INDEX)
    kept.write_bytes(b"modem")

    with pytest.raises(ValueError, match="has changed"):
        source.load(tmp_path / "kept")
