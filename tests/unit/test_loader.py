"""Changed artifacts are loaded by the same road as at the start; what cannot be used leaves the old in place."""

import dataclasses
import errno
import functools
import json
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from conftest import KEY
from kinds import KINDS
from ml_census import auth, config, loader, storage
from ml_census.artifacts import Artifacts
from ml_census.loader import Loader
from ml_census.published import ArtifactError

Folder = Callable[..., Path]


@pytest.fixture
def path(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose model need not be tried out elsewhere: that is test_trial's."""
    monkeypatch.setattr(loader, "partial", lambda *_: None)
    return folder("logistic")


def started(path: Path) -> tuple[Loader, list[Artifacts]]:
    load = Loader(config.load(str(path)))
    return load, [load.start()]


def look(load: Loader, known: list[Artifacts]) -> None:
    """As each part's thread does."""
    for part in load.parts:
        load.look(part, known.append)


def test_nothing_is_loaded_anew_while_nothing_changes(path: Path) -> None:
    load, known = started(path)

    look(load, known)

    assert len(known) == 1
    assert load.counts() == {"done": 0, "refused": 0}


def test_a_changed_model_user_or_key_is_swapped_in(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    load, known = started(path)

    joblib.dump(KINDS["logistic"]().model, path.parent / "model.pkl", compress=1)
    look(load, known)
    (path.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    look(load, known)

    assert known[0].model.version != known[1].model.version == known[2].model.version
    assert [list(each.users) for each in known] == [["census"], ["census"], ["ada"]]
    assert known[2].model is known[1].model, "what has not changed is not loaded again"
    assert load.counts() == {"done": 2, "refused": 0}
    version = known[2].model.version
    said = [message for message in caplog.messages if message.startswith("reloaded")]
    assert said == [f"reloaded: {what}; serves model {version}" for what in ("model", "users")]


def test_a_file_that_comes_beside_the_model_is_noticed(path: Path) -> None:
    load, known = started(path)
    (path.parent / "golden.json").write_text(json.dumps({"rows": [[0.0, 0.0]], "predictions": ["no"]}))

    look(load, known)

    assert load.counts() == {"done": 0, "refused": 1}


def test_what_cannot_be_used_is_refused_once_and_what_mends_it_is_loaded(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load, known = started(path)
    good = (path.parent / "users.json").read_bytes()

    (path.parent / "users.json").write_text("{")
    for _ in range(3):
        look(load, known)
    assert load.counts() == {"done": 0, "refused": 1}
    assert len(known) == 1
    assert "reload refused: users: " in caplog.text

    (path.parent / "users.json").write_bytes(good)
    look(load, known)
    assert load.counts() == {"done": 1, "refused": 1}


def test_a_store_that_is_away_is_asked_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, known = started(path)
    joblib.dump(KINDS["logistic"]().model, path.parent / "model.pkl", compress=1)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "fingerprint", away)
        look(load, known)
        look(load, known)
    assert load.counts() == {"done": 0, "refused": 2 * len(load.parts)}

    look(load, known)

    assert load.counts()["done"] == 1


def away(*_: Any) -> Any:
    raise storage.Unreachable("no answer")


def test_a_start_waits_for_the_store(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    fingerprint = storage.fingerprint
    monkeypatch.setattr("time.sleep", pauses.append)
    monkeypatch.setattr(storage, "fingerprint", lambda uri: fingerprint(uri) if len(pauses) > 5 else away(uri))

    started(path)

    assert len(pauses) == 6
    assert all(0 < pause <= loader.LONGEST_PAUSE_SECONDS for pause in pauses)


def test_a_start_does_not_wait_for_what_is_wrong(path: Path) -> None:
    (path.parent / "users.json").unlink()

    with pytest.raises(ArtifactError, match="users: .*: not found"):
        started(path)


@pytest.fixture
def cached(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that is remote in name, and a place to keep what is read there."""
    monkeypatch.setattr(storage, "_download", lambda uri, limit: Path(uri.removeprefix("gs:/")).read_bytes())
    monkeypatch.setattr(storage, "_generation", generation)
    values = path.read_text().replace(f": {tmp_path}", f": gs:/{tmp_path}")
    path.write_text(f"{values}cache_path: {tmp_path / 'cache'}\n")
    started(path)
    return path


def generation(uri: str) -> str:
    local = Path(uri.removeprefix("gs:/"))
    return str(local.stat().st_mtime_ns) if local.exists() else ""


def test_a_restart_serves_what_was_loaded_last_while_the_store_is_away(
    cached: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(storage, "_generation", away)
    load, known = started(cached)

    assert "serving what was loaded last" in caplog.text
    assert load.counts() == {"done": 0, "refused": 1}, "a store that does not answer is asked once"

    monkeypatch.setattr(storage, "_generation", generation)
    look(load, known)
    assert load.counts() == {"done": len(load.parts), "refused": 1}


def test_a_restart_lets_in_only_the_users_that_were_known_last(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, known = started(cached)
    (cached.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    look(load, known)
    monkeypatch.setattr(storage, "_generation", away)

    _, (restarted,) = started(cached)

    assert list(restarted.users) == ["ada"]
    assert restarted.model.version == known[0].model.version


def test_a_restart_serves_what_was_loaded_last_if_the_store_holds_something_bad(cached: Path) -> None:
    joblib.dump(LogisticRegression(), cached.parent / "model.pkl")

    load, known = started(cached)

    assert load.counts() == {"done": 0, "refused": 1}
    look(load, known)
    assert len(known) == 1


def test_what_was_kept_for_another_configuration_is_not_served(cached: Path) -> None:
    cached.write_text(cached.read_text().replace("model.pkl", "other.pkl"))

    with pytest.raises(ArtifactError, match=r"other.pkl: not found"):
        started(cached)


def test_what_nobody_foresaw_leaves_the_old_in_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, known = started(path)
    monkeypatch.setattr(storage, "fingerprint", failing)

    look(load, known)

    assert len(known) == 1
    assert load.counts() == {"done": 0, "refused": len(load.parts)}


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
def mounted(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As the chart has it: the model in a bucket; two users and two keys, of which the first signs, in a Secret."""
    (tmp_path / "users.json").write_text(json.dumps(USERS))
    (tmp_path / "secret.txt").write_text(f"{OTHER_KEY}\n{KEY}\n")
    monkeypatch.setattr(storage, "_download", lambda uri, limit: Path(uri.removeprefix("gs:/")).read_bytes())
    monkeypatch.setattr(storage, "_generation", generation)
    values = path.read_text().replace(f"model_path: {tmp_path}", f"model_path: gs:/{tmp_path}")
    path.write_text(f"{values}cache_path: {tmp_path / 'cache'}\n")
    return path


def bad_model(path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    joblib.dump(LogisticRegression(), path.parent / "model.pkl")


def bucket_away(_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_generation", away)


@pytest.mark.parametrize("trouble", [bad_model, bucket_away])
@pytest.mark.parametrize("removal", REMOVALS)
@pytest.mark.parametrize("restarts", ["never", "before", "after"])
def test_who_is_removed_is_out_at_the_next_look_whatever_the_model_is_like(
    mounted: Path, monkeypatch: pytest.MonkeyPatch, trouble: Callable[..., None], removal: str, restarts: str
) -> None:
    load, known = started(mounted)
    token = issued(known[-1])
    trouble(mounted, monkeypatch)
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
    return auth.token_user(known[-1].keys, known[-1].users, token)


def test_what_is_mounted_is_never_on_the_disk(mounted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the cache nor where a model is tried out."""
    written: dict[str, bytes] = {}
    popen = subprocess.Popen

    def looked_at(*args: Any, **options: Any) -> Any:
        written.update({str(each): each.read_bytes() for each in tmp_path.glob("cache/**/*") if each.is_file()})
        return popen(*args, **options)

    monkeypatch.setattr("subprocess.Popen", looked_at)
    monkeypatch.setattr(loader, "partial", functools.partial)

    started(mounted)

    looked_at(["true"]).wait()
    assert any("trial-" in name for name in written) and any("last-good" in name for name in written)
    assert [name for name, data in written.items() if b"lovelace" in data or OTHER_KEY.encode() in data] == []


def test_a_store_that_is_away_does_not_hold_up_the_keys_that_are_mounted(
    mounted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users in the bucket, keys in a Secret."""
    mounted.write_text(mounted.read_text().replace("users: ", "users: gs:/"))
    load, known = started(mounted)
    token = issued(known[-1])
    monkeypatch.setattr(storage, "_generation", away)

    (mounted.parent / "secret.txt").write_text(KEY)
    look(load, known)

    assert user_of(token, known) is None


def test_a_model_that_takes_its_time_does_not_hold_up_users(mounted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, known = started(mounted)
    download, over, stopped = storage._download, threading.Event(), threading.Event()
    monkeypatch.setattr(storage, "_download", lambda uri, limit: over.wait(60) and download(uri, limit))
    load._config = dataclasses.replace(load._config, reload_seconds=0.01)
    watching = threading.Thread(target=load.watch, args=(known.append, stopped))
    watching.start()

    joblib.dump(KINDS["logistic"]().model, mounted.parent / "model.pkl", compress=1)
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


def test_users_that_cannot_be_kept_are_not_kept_as_they_were(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk must not bring back who was removed."""
    load, known = started(cached)
    (cached.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        look(load, known)
    assert list(known[-1].users) == ["ada"]
    monkeypatch.setattr(storage, "_generation", away)
    monkeypatch.setattr("time.sleep", failing)

    with pytest.raises(RuntimeError):  # it waits for the store
        started(cached)


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_was_left_of_a_trial_is_removed(path: Path, tmp_path: Path) -> None:
    """By a server that was killed meanwhile: its copy of the model would fill the cache in time."""
    path.write_text(f"{path.read_text()}cache_path: {tmp_path / 'cache'}\n")
    (tmp_path / "cache" / "trial-abc" / "trial").mkdir(parents=True)
    (tmp_path / "cache" / "trial-abc" / "trial" / "model").write_bytes(b"model")

    Loader(config.load(str(path)))

    assert [*(tmp_path / "cache").iterdir()] == []


def test_a_model_that_does_not_come_whole_is_not_loaded_and_leaves_nothing(
    mounted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, known = started(mounted)
    kept = sorted(str(each) for each in tmp_path.glob("cache/**/*"))
    joblib.dump(KINDS["logistic"]().model, tmp_path / "model.pkl", compress=1)
    monkeypatch.setattr(storage, "_download", away)

    look(load, known)

    assert len(known) == 1
    assert sorted(str(each) for each in tmp_path.glob("cache/**/*")) == kept


def test_a_cache_that_cannot_be_made_ends_the_start(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path.write_text(f"{path.read_text()}cache_path: {tmp_path / 'file'}\n")

    with pytest.raises(ArtifactError, match="cache_path: .*/file: File exists"):
        started(path)
