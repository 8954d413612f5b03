"""Users and keys reload while the model cannot, and mounted ones are not written to disk."""

import json
import pickle
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import KEY, WriteFolder
from ml_census import auth
from ml_census.artifacts.bundle import Artifacts
from support import harmful_module
from support.fake_gcs import Bucket, ObjectHandler
from support.reloading import check, configure, damage, make_unavailable, publish_again, start, upload
from support.sample_models import SAMPLE_MODELS

USERS = {"census": "census", "ada": "lovelace"}
REMOVALS: dict[str, Callable[[Path], object]] = {
    "a removed user": lambda folder: (folder / "users.json").write_text(json.dumps({"census": "census"})),
    "a changed password": lambda folder: (folder / "users.json").write_text(json.dumps(USERS | {"ada": "changed"})),
    "a removed key": lambda folder: (folder / "secret.txt").write_text(KEY),
}


@pytest.mark.parametrize("trouble", [damage, make_unavailable])
@pytest.mark.parametrize("removal", REMOVALS)
@pytest.mark.parametrize("restarts", ["never", "before", "after"])
def test_revoked_user_is_rejected_even_if_model_reload_fails(
    mounted: Path, bucket: Bucket, trouble: Callable[[Bucket], None], removal: str, restarts: str
) -> None:
    reloading, served = start(mounted)
    token = issued(served[-1])
    trouble(bucket)
    if restarts == "before":
        reloading, served = start(mounted)
    assert user_of(token, served) == "ada"

    REMOVALS[removal](mounted.parent)
    if restarts == "after":
        reloading, served = start(mounted)
    else:
        check(reloading, served)

    assert user_of(token, served) is None
    assert user_of(issued(served[-1], "census"), served) == "census"
    assert served[0].model.version == served[-1].model.version


def issued(served: Artifacts, user: str = "ada") -> str:
    return auth.issue_token(served.keys, served.users, user, int(time.time()))


def user_of(token: str, served: list[Artifacts]) -> str | None:
    return auth.verify_token(served[-1].keys, served[-1].users, token)


class CopyOnLoad:
    """A pickle that copies a folder while it is loaded, and is a model then."""

    def __init__(self, folder: Path, copy: Path) -> None:
        model = pickle.dumps(SAMPLE_MODELS["logistic"]().model)
        copied = f"__import__('shutil').copytree({str(folder)!r}, {str(copy)!r})"
        self.expression = f"({copied}, __import__('pickle').loads({model!r}))[1]"

    def __reduce__(self) -> tuple[Any, ...]:
        return harmful_module.evaluate, (self.expression,)


@pytest.mark.slow
def test_mounted_secrets_are_never_written_to_disk(
    folder: WriteFolder, tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache and the scratch folder of the sandbox contain only the model."""
    monkeypatch.setenv("PYTHONPATH", str(Path(harmful_module.__file__).parents[1]))
    path, cache, seen = (
        folder("logistic", trusted_globals=["support.harmful_module.evaluate"]),
        tmp_path / "cache",
        tmp_path / "seen",
    )
    (tmp_path / "users.json").write_text(json.dumps(USERS))
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(CopyOnLoad(cache, seen / "scratch")))
    configure(path, model_path="gs://models/model.pkl", cache_path=str(cache))
    bucket.objects["model.pkl"] = (tmp_path / "model.pkl").read_bytes()

    start(path)

    shutil.copytree(cache, seen / "kept")
    written = {str(file): file.read_bytes() for file in seen.rglob("*") if file.is_file()}
    assert any("/scratch/sandbox-" in name for name in written) and any("/kept/last-good" in name for name in written)
    assert [name for name, data in written.items() if b"lovelace" in data or KEY.encode() in data] == []


def test_mounted_keys_reload_while_storage_is_unavailable(mounted: Path, bucket: Bucket) -> None:
    """The users are in the bucket, the keys in a mounted Secret."""
    configure(mounted, users="gs://models/users.json")
    reloading, served = start(mounted)
    token = issued(served[-1])
    make_unavailable(bucket)

    (mounted.parent / "secret.txt").write_text(KEY)
    check(reloading, served)

    assert user_of(token, served) is None


def test_users_reload_during_a_slow_model_download(mounted: Path, bucket: Bucket) -> None:
    configure(mounted, reload_interval_seconds=0.01)
    reloading, served = start(mounted)
    released, stopped = threading.Event(), threading.Event()

    def send_late(handler: ObjectHandler, data: bytes) -> None:
        released.wait(60)
        handler.send(data)

    bucket.respond_with_data = send_late
    watching = threading.Thread(target=reloading.watch, args=(served.append, stopped))
    watching.start()

    publish_again(mounted.parent)
    upload(mounted.parent, bucket)
    REMOVALS["a removed user"](mounted.parent)
    wait_for(lambda: list(served[-1].users) == ["census"])
    assert served[-1].model is served[0].model
    released.set()
    wait_for(lambda: served[-1].model is not served[0].model)
    stopped.set()
    watching.join()

    assert list(served[-1].users) == ["census"], "the later reload of the model must not restore the removed user"


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
