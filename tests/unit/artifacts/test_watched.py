"""A watched artifact is loaded when its files change, postponed after a shortage, and cached if it is remote."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ml_census.artifacts.watched import Backoff, WatchedArtifact
from ml_census.errors import ArtifactError
from ml_census.storage.snapshot import Snapshot
from support.fake_gcs import Bucket


def read_text(uri: str, limit: int = 100) -> WatchedArtifact[str]:
    """Return an artifact that is the text of a file; the text "bad" is rejected, and "busy" is transient."""

    def load(files: Snapshot) -> str:
        text = files.read(uri, limit).decode()
        if text in ("bad", "busy"):
            raise ArtifactError("users", uri, text, is_transient=text == "busy")
        return text

    return WatchedArtifact("users", load, None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with the text "first"."""
    path = tmp_path / "text"
    path.write_text("first")
    return path


def test_unchanged_file_is_not_loaded_again(file: Path) -> None:
    artifact = read_text(str(file))

    assert artifact.load() == "first"
    assert artifact.reload_if_changed() is None


def test_changed_file_is_loaded_once(file: Path) -> None:
    artifact = read_text(str(file))
    artifact.load()
    file.write_text("second")

    assert artifact.reload_if_changed() == "second"
    assert artifact.reload_if_changed() is None


def test_invalid_file_is_rejected_once_until_it_changes(file: Path) -> None:
    artifact = read_text(str(file))
    artifact.load()
    file.write_text("bad")

    with pytest.raises(ArtifactError, match="bad"):
        artifact.reload_if_changed()
    assert artifact.reload_if_changed() is None

    file.write_text("third")
    assert artifact.reload_if_changed() == "third"


def test_transient_error_is_retried_after_growing_pauses(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact, now, pauses = read_text(str(file)), 1000.0, []
    monkeypatch.setattr("time.monotonic", lambda: now)
    artifact.load()
    file.write_text("busy")

    for _ in range(7):
        with pytest.raises(ArtifactError, match="busy"):
            artifact.reload_if_changed()
        assert artifact.reload_if_changed() is None, "the pause is not over"
        pauses.append(artifact.backoff.pause)
        now += artifact.backoff.pause

    assert pauses == [30, 60, 120, 240, 480, 600, 600]


def test_backoff_starts_again_for_other_files() -> None:
    backoff = Backoff()
    backoff.start({"uri": "a"})
    backoff.start({"uri": "a"})

    backoff.start({"uri": "b"})

    assert backoff.pause == 30
    assert backoff.applies_to({"uri": "b"}) and not backoff.applies_to({"uri": "a"})


@pytest.fixture
def remote(bucket: Bucket, tmp_path: Path) -> WatchedArtifact[str]:
    """Return an artifact in a bucket, with a cache."""
    bucket.objects["text"] = b"first"
    artifact = read_text("gs://models/text")
    artifact.cache = tmp_path / "cache"
    return artifact


def test_remote_artifact_is_loaded_from_the_cache(remote: WatchedArtifact[str], bucket: Bucket) -> None:
    remote.load()
    bucket.objects.clear()

    assert remote.load_cached() == "first"


def test_local_artifact_is_not_cached(file: Path, tmp_path: Path) -> None:
    artifact = read_text(str(file))
    artifact.cache = tmp_path / "cache"

    artifact.load()

    assert not artifact.cache.exists()
    assert artifact.load_cached() is None


@pytest.mark.parametrize("index", [[], 7, None, {"a": 7}, {"a": ["b"]}], ids=json.dumps)
def test_damaged_cache_is_ignored_with_a_warning(
    remote: WatchedArtifact[str], tmp_path: Path, caplog: pytest.LogCaptureFixture, index: object
) -> None:
    remote.load()
    (tmp_path / "cache" / "index.json").write_text(json.dumps(index))

    assert remote.load_cached() is None
    assert f"cache_path: {tmp_path}/cache: " in caplog.text


def test_cache_that_cannot_be_written_is_removed(
    remote: WatchedArtifact[str], bucket: Bucket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An older copy could contain a user who has been removed since."""
    remote.load()
    bucket.objects["text"] = b"second"
    bucket.generation += 1

    with largest_file(1):
        assert remote.reload_if_changed() == "second"

    assert "cache_path: " in caplog.text
    assert not (tmp_path / "cache").exists()


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let this process write no larger file: as on a full disk, writing one raises OSError."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
