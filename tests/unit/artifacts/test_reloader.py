"""Changed artifacts are loaded by the same road as at the start; what cannot be used leaves the old in place."""

import hashlib
import io
import json
import pickle
import resource
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import pytest
import yaml

from conftest import KEY
from ml_census import auth, config
from ml_census.artifacts import reloader
from ml_census.artifacts.bundle import Artifacts
from ml_census.artifacts.reloader import ArtifactReloader
from ml_census.artifacts.watched import WatchedArtifact
from ml_census.errors import ArtifactError
from support import harmful_module
from support.fake_gcs import Bucket
from support.sample_models import SAMPLE_MODELS

Folder = Callable[..., Path]


@pytest.fixture
def path(published_folder: Folder) -> Path:
    """A folder with a published model, which starts without the trial of test_trial.py."""
    return published_folder("logistic")


def publish_again(folder: Path) -> None:
    """Replace the model by one of other bytes and the same answers."""
    data, manifest = io.BytesIO(), json.loads((folder / "manifest.json").read_text())
    joblib.dump(SAMPLE_MODELS["logistic"]().model, data, compress=1)
    manifest["files"]["model.pkl"] = hashlib.sha256(data.getvalue()).hexdigest()
    (folder / "model.pkl").write_bytes(data.getvalue())
    (folder / "manifest.json").write_text(json.dumps(manifest))


def configure(path: Path, **changes: object) -> None:
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def upload(folder: Path, bucket: Bucket) -> None:
    """Replace the objects by the files of a folder."""
    bucket.objects = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    bucket.generation += 1


def take_away(bucket: Bucket) -> None:
    """Let the store answer with a page of HTML, as a proxy does: it is Unreachable at once, without gcsfs's retries."""
    bucket.respond = lambda handler: handler.send(b"<html>")


def started(path: Path) -> tuple[ArtifactReloader, list[Artifacts]]:
    load = ArtifactReloader(config.load(str(path)))
    return load, [load.load_initial()]


def look(load: ArtifactReloader, known: list[Artifacts]) -> None:
    """As each part's thread does."""
    for artifact in load.watched:
        load.check(artifact, known.append)


def test_nothing_is_loaded_anew_while_nothing_changes(path: Path) -> None:
    load, known = started(path)

    look(load, known)

    assert len(known) == 1
    assert load.reload_counts() == {"success": 0, "rejected": 0}


def test_a_changed_model_user_or_key_is_swapped_in(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    load, known = started(path)

    publish_again(path.parent)
    look(load, known)
    (path.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    look(load, known)

    assert known[0].model.version != known[1].model.version == known[2].model.version
    assert [list(each.users) for each in known] == [["census"], ["census"], ["ada"]]
    assert known[2].model is known[1].model, "what has not changed is not loaded again"
    assert load.reload_counts() == {"success": 2, "rejected": 0}
    version = known[2].model.version
    said = [message for message in caplog.messages if message.startswith("reloaded")]
    assert said == [f"reloaded: {what}; serves model {version}" for what in ("model", "users")]


def test_a_file_that_comes_beside_the_model_is_noticed(path: Path) -> None:
    load, known = started(path)
    (path.parent / "golden.json").write_text(json.dumps({"rows": [[0.0, 0.0]], "predictions": ["no"]}))

    look(load, known)

    assert load.reload_counts() == {"success": 0, "rejected": 1}


def test_what_cannot_be_used_is_refused_once_and_what_mends_it_is_loaded(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load, known = started(path)
    good = (path.parent / "users.json").read_bytes()

    (path.parent / "users.json").write_text("{")
    for _ in range(3):
        look(load, known)
    assert load.reload_counts() == {"success": 0, "rejected": 1}
    assert len(known) == 1
    assert "reload rejected: users: " in caplog.text

    (path.parent / "users.json").write_bytes(good)
    look(load, known)
    assert load.reload_counts() == {"success": 1, "rejected": 1}


def test_store_that_is_away_is_polled_until_it_answers(mounted: Path, bucket: Bucket) -> None:
    load, known = started(mounted)
    publish_again(mounted.parent)
    upload(mounted.parent, bucket)
    take_away(bucket)
    for _ in range(2):
        look(load, known)
    assert load.reload_counts() == {"success": 0, "rejected": 2}

    bucket.respond = None
    look(load, known)

    assert load.reload_counts() == {"success": 1, "rejected": 2}


def test_start_waits_for_the_store(mounted: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > 5:
            bucket.respond = None

    take_away(bucket)
    monkeypatch.setattr("time.sleep", sleep)

    started(mounted)

    assert len(pauses) == 6
    assert all(0 < pause <= reloader.MAX_START_PAUSE_SECONDS for pause in pauses)


def test_a_start_does_not_wait_for_what_is_wrong(path: Path) -> None:
    (path.parent / "users.json").unlink()

    with pytest.raises(ArtifactError, match="users: .*: not found"):
        started(path)


@pytest.fixture
def cached(path: Path, bucket: Bucket) -> Path:
    """Everything in a bucket, and a folder that keeps what was read there."""
    path.write_text(path.read_text().replace(f": {path.parent}/", ": gs://models/"))
    configure(path, cache_path=str(path.parent / "cache"))
    upload(path.parent, bucket)
    started(path)
    return path


def test_restart_serves_what_was_kept_while_the_store_is_away(
    cached: Path, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    take_away(bucket)
    load, known = started(cached)

    assert "serving the last loaded copy" in caplog.text
    assert load.reload_counts() == {"success": 0, "rejected": 1}, "a store that does not answer is asked once"

    bucket.respond = None
    look(load, known)
    assert load.reload_counts() == {"success": len(load.watched), "rejected": 1}


def test_restart_admits_only_the_users_known_last(cached: Path, bucket: Bucket) -> None:
    load, known = started(cached)
    (cached.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    upload(cached.parent, bucket)
    look(load, known)
    take_away(bucket)

    _, (restarted,) = started(cached)

    assert list(restarted.users) == ["ada"]
    assert restarted.model.version == known[0].model.version


def test_restart_serves_what_was_kept_where_the_model_is_bad(cached: Path, bucket: Bucket) -> None:
    damage(bucket)

    load, known = started(cached)

    assert load.reload_counts() == {"success": 0, "rejected": 1}
    look(load, known)
    assert len(known) == 1


def test_what_was_kept_for_another_configuration_is_not_served(cached: Path) -> None:
    cached.write_text(cached.read_text().replace("model.pkl", "other.pkl"))

    with pytest.raises(ArtifactError, match=r"other.pkl: not found"):
        started(cached)


def test_unforeseen_failure_leaves_the_old_in_place(path: Path) -> None:
    load, known = started(path)
    part = WatchedArtifact("users", failing, None, fingerprints={str(path): "another fingerprint"})

    load.check(part, known.append)

    assert len(known) == 1
    assert part.rejections == 1


def failing(*_: Any) -> Any:
    raise RuntimeError


USERS = {"census": "census", "ada": "lovelace"}
OTHER_KEY = KEY[::-1]
REMOVALS = {
    "a removed user": lambda folder: (folder / "users.json").write_text(json.dumps({"census": "census"})),
    "a changed password": lambda folder: (folder / "users.json").write_text(json.dumps(USERS | {"ada": "changed"})),
    "a removed key": lambda folder: (folder / "secret.txt").write_text(KEY),
}


@pytest.fixture
def mounted(path: Path, bucket: Bucket) -> Path:
    """As the chart has it: the model in a bucket; two users and two keys, of which the first signs, in a Secret."""
    (path.parent / "users.json").write_text(json.dumps(USERS))
    (path.parent / "secret.txt").write_text(f"{OTHER_KEY}\n{KEY}\n")
    configure(path, model_path="gs://models/model.pkl", cache_path=str(path.parent / "cache"))
    upload(path.parent, bucket)
    return path


def damage(bucket: Bucket) -> None:
    bucket.objects["model.pkl"] = b"no model"
    bucket.generation += 1


@pytest.mark.parametrize("trouble", [damage, take_away])
@pytest.mark.parametrize("removal", REMOVALS)
@pytest.mark.parametrize("restarts", ["never", "before", "after"])
def test_who_is_removed_is_out_at_the_next_look_whatever_the_model_is_like(
    mounted: Path, bucket: Bucket, trouble: Callable[[Bucket], None], removal: str, restarts: str
) -> None:
    load, known = started(mounted)
    token = issued(known[-1])
    trouble(bucket)
    if restarts == "before":
        load, known = started(mounted)
    assert user_of(token, known) == "ada"

    REMOVALS[removal](mounted.parent)
    if restarts == "after":
        load, known = started(mounted)
    else:
        look(load, known)

    assert user_of(token, known) is None
    assert user_of(issued(known[-1], "census"), known) == "census"
    assert known[0].model.version == known[-1].model.version


def issued(known: Artifacts, user: str = "ada") -> str:
    return auth.issue_token(known.keys, known.users, user, int(time.time()))


def user_of(token: str, known: list[Artifacts]) -> str | None:
    return auth.verify_token(known[-1].keys, known[-1].users, token)


class Looking:
    """Unpickled, it is a model. It copies a folder meanwhile."""

    def __init__(self, folder: Path, copy: Path) -> None:
        model = pickle.dumps(SAMPLE_MODELS["logistic"]().model)
        copied = f"__import__('shutil').copytree({str(folder)!r}, {str(copy)!r})"
        self.expression = f"({copied}, __import__('pickle').loads({model!r}))[1]"

    def __reduce__(self) -> tuple[Any, ...]:
        return harmful_module.evaluate, (self.expression,)


@pytest.mark.slow
def test_mounted_secrets_are_never_written_to_the_disk(
    folder: Folder, tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither to the cache nor where a model is tried out."""
    monkeypatch.setenv("PYTHONPATH", str(Path(harmful_module.__file__).parents[1]))
    path, cache, seen = (
        folder("logistic", trusted_globals=["support.harmful_module.evaluate"]),
        tmp_path / "cache",
        tmp_path / "seen",
    )
    (tmp_path / "users.json").write_text(json.dumps(USERS))
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Looking(cache, seen / "trial")))
    configure(path, model_path="gs://models/model.pkl", cache_path=str(cache))
    bucket.objects["model.pkl"] = (tmp_path / "model.pkl").read_bytes()

    started(path)

    shutil.copytree(cache, seen / "kept")
    written = {str(each): each.read_bytes() for each in seen.rglob("*") if each.is_file()}
    assert any("/trial/sandbox-" in name for name in written) and any("/kept/last-good" in name for name in written)
    assert [name for name, data in written.items() if b"lovelace" in data or KEY.encode() in data] == []


def test_store_that_is_away_does_not_hold_up_mounted_keys(mounted: Path, bucket: Bucket) -> None:
    """Users in the bucket, keys in a Secret."""
    configure(mounted, users="gs://models/users.json")
    load, known = started(mounted)
    token = issued(known[-1])
    take_away(bucket)

    (mounted.parent / "secret.txt").write_text(KEY)
    look(load, known)

    assert user_of(token, known) is None


def test_slow_download_of_a_model_does_not_hold_up_users(mounted: Path, bucket: Bucket) -> None:
    configure(mounted, reload_interval_seconds=0.01)
    load, known = started(mounted)
    over, stopped = threading.Event(), threading.Event()
    bucket.respond_with_data = lambda handler, data: (over.wait(60), handler.send(data))[1]
    watching = threading.Thread(target=load.watch, args=(known.append, stopped))
    watching.start()

    publish_again(mounted.parent)
    upload(mounted.parent, bucket)
    REMOVALS["a removed user"](mounted.parent)
    waited_for(lambda: list(known[-1].users) == ["census"])
    assert known[-1].model is known[0].model
    over.set()
    waited_for(lambda: known[-1].model is not known[0].model)
    stopped.set()
    watching.join()

    assert list(known[-1].users) == ["census"], "the model that came later has not brought back who was there before"


def waited_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_users_that_cannot_be_kept_are_forgotten(
    cached: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk must not bring back who was removed."""
    load, known = started(cached)
    (cached.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    upload(cached.parent, bucket)
    with largest_file(1):
        look(load, known)
    assert "cache_path: " in caplog.text
    assert list(known[-1].users) == ["ada"]
    take_away(bucket)
    monkeypatch.setattr("time.sleep", failing)

    with pytest.raises(RuntimeError):  # it waits for the store
        started(cached)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """This process can write no larger file: as on a full disk, writing one raises OSError."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_what_was_left_of_a_trial_is_removed(path: Path, tmp_path: Path) -> None:
    """By a server that was killed meanwhile: its copy of the model would fill the cache in time."""
    path.write_text(f"{path.read_text()}cache_path: {tmp_path / 'cache'}\n")
    (tmp_path / "cache" / "sandbox-abc" / "model").mkdir(parents=True)
    (tmp_path / "cache" / "sandbox-abc" / "model" / "model").write_bytes(b"model")

    ArtifactReloader(config.load(str(path)))

    assert [*(tmp_path / "cache").iterdir()] == []


def test_model_that_is_cut_short_is_not_loaded_nor_kept(mounted: Path, bucket: Bucket) -> None:
    load, known = started(mounted)
    kept = sorted(str(each) for each in mounted.parent.glob("cache/**/*"))
    publish_again(mounted.parent)
    upload(mounted.parent, bucket)
    bucket.respond_with_data = lambda handler, data: handler.send(data[: len(data) // 2], 200, len(data))

    look(load, known)

    assert len(known) == 1
    assert sorted(str(each) for each in mounted.parent.glob("cache/**/*")) == kept


def test_a_cache_that_cannot_be_made_ends_the_start(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path.write_text(f"{path.read_text()}cache_path: {tmp_path / 'file'}\n")

    with pytest.raises(ArtifactError, match="cache_path: .*/file: File exists"):
        started(path)
