"""The reloader loads artifacts at the start and after changes, and keeps the loaded ones if a change is invalid."""

import json
from pathlib import Path
from typing import Any

import pytest

from ml_census import config
from ml_census.artifacts import reloader
from ml_census.artifacts.reloader import ArtifactReloader
from ml_census.artifacts.watched import WatchedArtifact
from ml_census.errors import ArtifactError
from ml_census.storage import gcs
from support.fake_gcs import Bucket
from support.log_messages import messages_of
from support.reloading import check, damage, make_unavailable, publish_again, start, upload


def test_unchanged_artifacts_are_not_reloaded(path: Path) -> None:
    reloading, served = start(path)

    check(reloading, served)

    assert len(served) == 1
    assert reloading.reload_counts() == {"success": 0, "rejected": 0}


def test_changed_artifact_replaces_only_itself(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    reloading, served = start(path)

    publish_again(path.parent)
    check(reloading, served)
    (path.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    check(reloading, served)

    assert served[0].model.version != served[1].model.version == served[2].model.version
    assert [list(each.users) for each in served] == [["census"], ["census"], ["ada"]]
    assert served[2].model is served[1].model, "what has not changed is not loaded again"
    assert reloading.reload_counts() == {"success": 2, "rejected": 0}
    version = served[2].model.version
    said = [message for message in messages_of(caplog, reloader.log) if message.startswith("reloaded")]
    assert said == [f"reloaded: {what}; serves model {version}" for what in ("model", "users")]


def test_new_file_beside_the_model_starts_a_reload(path: Path) -> None:
    reloading, served = start(path)
    (path.parent / "golden.json").write_text(json.dumps({"rows": [[0.0, 0.0]], "predictions": ["no"]}))

    check(reloading, served)

    assert reloading.reload_counts() == {"success": 0, "rejected": 1}


def test_invalid_change_is_rejected_once_until_it_is_fixed(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    reloading, served = start(path)
    good = (path.parent / "users.json").read_bytes()

    (path.parent / "users.json").write_text("{")
    for _ in range(3):
        check(reloading, served)
    assert reloading.reload_counts() == {"success": 0, "rejected": 1}
    assert len(served) == 1
    assert "reload rejected: users: " in caplog.text

    (path.parent / "users.json").write_bytes(good)
    check(reloading, served)
    assert reloading.reload_counts() == {"success": 1, "rejected": 1}


def test_unavailable_storage_is_polled_until_it_responds(mounted: Path, bucket: Bucket) -> None:
    reloading, served = start(mounted)
    publish_again(mounted.parent)
    upload(mounted.parent, bucket)
    make_unavailable(bucket)
    for _ in range(2):
        check(reloading, served)
    assert reloading.reload_counts() == {"success": 0, "rejected": 2}

    bucket.respond = None
    check(reloading, served)

    assert reloading.reload_counts() == {"success": 1, "rejected": 2}


def test_start_waits_for_unavailable_storage(mounted: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > 5:
            bucket.respond = None

    make_unavailable(bucket)
    monkeypatch.setattr("time.sleep", sleep)

    start(mounted)

    assert len(pauses) == 6
    assert all(0 < pause <= reloader.MAX_START_PAUSE_SECONDS for pause in pauses)


def test_start_fails_at_once_for_a_missing_file(path: Path) -> None:
    (path.parent / "users.json").unlink()

    with pytest.raises(ArtifactError, match="users: .*: not found"):
        start(path)


def test_restart_without_storage_serves_the_cached_copy(
    cached: Path, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    make_unavailable(bucket)
    reloading, served = start(cached)

    assert "serving the last loaded copy" in caplog.text
    assert reloading.reload_counts() == {"success": 0, "rejected": 1}, "a store that does not answer is asked once"

    bucket.respond = None
    check(reloading, served)
    assert reloading.reload_counts() == {"success": len(reloading.watched), "rejected": 1}


def test_restart_accepts_only_the_users_of_the_last_reload(cached: Path, bucket: Bucket) -> None:
    reloading, served = start(cached)
    (cached.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    upload(cached.parent, bucket)
    check(reloading, served)
    make_unavailable(bucket)

    _, (restarted,) = start(cached)

    assert list(restarted.users) == ["ada"]
    assert restarted.model.version == served[0].model.version


def test_restart_with_a_bad_model_serves_the_cached_copy(cached: Path, bucket: Bucket) -> None:
    damage(bucket)

    reloading, served = start(cached)

    assert reloading.reload_counts() == {"success": 0, "rejected": 1}
    check(reloading, served)
    assert len(served) == 1


def test_cached_copy_of_another_model_path_is_not_served(cached: Path) -> None:
    cached.write_text(cached.read_text().replace("model.pkl", "other.pkl"))

    with pytest.raises(ArtifactError, match=r"other.pkl: not found"):
        start(cached)


def test_unexpected_exception_keeps_the_loaded_artifacts(path: Path) -> None:
    reloading, served = start(path)
    part = WatchedArtifact("users", failing, None, fingerprints={str(path): "another fingerprint"})

    reloading.check(part, served.append)

    assert len(served) == 1
    assert part.rejections == 1


def failing(*_: Any) -> Any:
    raise RuntimeError


def test_scratch_of_a_killed_server_is_removed(path: Path, tmp_path: Path) -> None:
    """Each killed server leaves a copy of its model, and the copies would fill the cache in time."""
    path.write_text(f"{path.read_text()}cache_path: {tmp_path / 'cache'}\n")
    (tmp_path / "cache" / "sandbox-abc" / "model").mkdir(parents=True)
    (tmp_path / "cache" / "sandbox-abc" / "model" / "model").write_bytes(b"model")

    ArtifactReloader(config.load(str(path)))

    assert [*(tmp_path / "cache").iterdir()] == []


def test_truncated_download_is_neither_loaded_nor_cached(
    mounted: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gcs, "DOWNLOAD_TIMEOUT_SECONDS", 0.5)  # gcsfs retries for 30 s
    reloading, served = start(mounted)
    kept = sorted(str(each) for each in mounted.parent.glob("cache/**/*"))
    publish_again(mounted.parent)
    upload(mounted.parent, bucket)
    bucket.respond_with_data = lambda handler, data: handler.send(data[: len(data) // 2], 200, len(data))

    check(reloading, served)

    assert len(served) == 1
    assert sorted(str(each) for each in mounted.parent.glob("cache/**/*")) == kept


def test_start_fails_if_the_cache_cannot_be_created(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path.write_text(f"{path.read_text()}cache_path: {tmp_path / 'file'}\n")

    with pytest.raises(ArtifactError, match="cache_path: .*/file: File exists"):
        start(path)
