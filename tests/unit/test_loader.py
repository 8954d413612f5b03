"""Changed artifacts are loaded by the same road as at the start; what cannot be used leaves the old in place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from kinds import KINDS
from ml_census import config, loader, storage
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


def test_nothing_is_loaded_anew_while_nothing_changes(path: Path) -> None:
    load, known = started(path)

    load.look(known.append)

    assert len(known) == 1
    assert load.counts() == {"done": 0, "refused": 0}


def test_a_changed_model_user_or_key_is_swapped_in(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    load, known = started(path)

    joblib.dump(KINDS["logistic"]().model, path.parent / "model.pkl", compress=1)
    load.look(known.append)
    (path.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    load.look(known.append)

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

    load.look(known.append)

    assert load.counts() == {"done": 0, "refused": 1}


def test_what_cannot_be_used_is_refused_once_and_what_mends_it_is_loaded(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load, known = started(path)
    good = (path.parent / "users.json").read_bytes()

    (path.parent / "users.json").write_text("{")
    for _ in range(3):
        load.look(known.append)
    assert load.counts() == {"done": 0, "refused": 1}
    assert len(known) == 1
    assert "reload refused: users: " in caplog.text

    (path.parent / "users.json").write_bytes(good)
    load.look(known.append)
    assert load.counts() == {"done": 1, "refused": 1}


def test_a_store_that_is_away_is_asked_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, known = started(path)
    joblib.dump(KINDS["logistic"]().model, path.parent / "model.pkl", compress=1)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "fingerprint", away)
        load.look(known.append)
        load.look(known.append)
    assert load.counts() == {"done": 0, "refused": 2}

    load.look(known.append)

    assert load.counts() == {"done": 1, "refused": 2}


def away(_: str) -> str:
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
    assert load.counts() == {"done": 0, "refused": 1}

    monkeypatch.setattr(storage, "_generation", generation)
    load.look(known.append)
    assert load.counts() == {"done": 1, "refused": 1}


def test_a_restart_lets_in_only_the_users_that_were_known_last(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, known = started(cached)
    (cached.parent / "users.json").write_text(json.dumps({"ada": "lovelace"}))
    load.look(known.append)
    monkeypatch.setattr(storage, "_generation", away)

    _, (restarted,) = started(cached)

    assert list(restarted.users) == ["ada"]
    assert restarted.model.version == known[0].model.version


def test_a_restart_serves_what_was_loaded_last_if_the_store_holds_something_bad(cached: Path) -> None:
    joblib.dump(LogisticRegression(), cached.parent / "model.pkl")

    load, known = started(cached)

    assert load.counts() == {"done": 0, "refused": 1}
    load.look(known.append)
    assert len(known) == 1


def test_what_was_kept_for_another_configuration_is_not_served(cached: Path) -> None:
    cached.write_text(cached.read_text().replace("model.pkl", "other.pkl"))

    with pytest.raises(ArtifactError, match=r"other.pkl: not found"):
        started(cached)


def test_what_nobody_foresaw_leaves_the_old_in_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, known = started(path)
    monkeypatch.setattr(storage, "fingerprint", failing)

    load.look(known.append)

    assert load.counts() == {"done": 0, "refused": 1}


def failing(_: str) -> Any:
    raise RuntimeError


def test_a_cache_that_cannot_be_made_ends_the_start(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path.write_text(f"{path.read_text()}cache_path: {tmp_path / 'file'}\n")

    with pytest.raises(ArtifactError, match="cache_path: .*/file: File exists"):
        started(path)
