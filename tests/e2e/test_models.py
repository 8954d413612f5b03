"""Bad models in a folder without a manifest, which the server unpickles in a sandboxed process."""

import io
import pathlib
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn

from e2e.cluster import CHART, Bucket, Release, wait_for
from e2e.traffic import Load

pytestmark = pytest.mark.full
ARTICLE = CHART / "ci" / "article-values.yaml"
PODS = 2
CANARY = "/tmp/canary"
MAX_MODEL_BYTES = 64 * 1024**2


class MaliciousObject:
    """Object whose unpickling would write a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pathlib.Path.touch, (pathlib.PosixPath(CANARY),)


def dump(model: Any) -> bytes:
    """Return the pickle of a model."""
    file = io.BytesIO()
    joblib.dump(model, file)
    return file.getvalue()


def load_model(data: bytes) -> Any:
    """Return the model of a pickle."""
    return joblib.load(io.BytesIO(data))


def from_another_sklearn(data: bytes) -> bytes:
    """Return the pickle with another version of scikit-learn in it."""
    plain, version = dump(load_model(data)), sklearn.__version__.encode()
    assert version in plain
    return plain.replace(version, b"0" + version[1:])


def with_other_classes(data: bytes) -> bytes:
    """Return the pickle with classes that prediction_decoding.json does not have."""
    model = load_model(data)
    model[-1].classes_ = np.array(["poor", "rich"])
    return dump(model)


def crashing(data: bytes) -> bytes:
    """Return the pickle with a tree that reads memory outside of the row, which only a prediction does."""
    model = load_model(data)
    for each in model[-1].estimators_:
        state = each.tree_.__getstate__()
        state["nodes"]["feature"][0] = 2**40
        each.tree_.__setstate__(state)
    return dump(model)


def oversized(data: bytes) -> bytes:
    """Return the pickle with more bytes than config.max_model_bytes."""
    model = load_model(data)
    model[-1].more_ = np.zeros(MAX_MODEL_BYTES, dtype=np.uint8)
    return dump(model)


BAD_MODELS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "malicious": (lambda data: pickle.dumps(MaliciousObject()), "references forbidden globals pathlib.Path.touch"),
    "of another scikit-learn": (from_another_sklearn, "scikit-learn 0."),
    "with other classes": (with_other_classes, "does not cover the model's classes"),
    "that crashes": (crashing, "was killed by SIG"),
    "too large": (oversized, "larger than"),
}


@pytest.fixture(scope="module", autouse=True)
def good(release: Release, bucket: Bucket) -> Iterator[bytes]:
    """Install a release that serves a plain pickle, and yield the pickle."""
    model = bucket.get("census-article/model.pkl")
    bucket.put("bare/model.pkl", model)
    bucket.put("bare/prediction_decoding.json", bucket.get("census-article/prediction_decoding.json"))
    release.upgrade(
        ARTICLE,
        {
            "replicaCount": PODS,
            "config.model_path": "gs://models/bare/model.pkl",
            "config.prediction_decoding": "gs://models/bare/prediction_decoding.json",
            "config.reload_interval_seconds": 1,
            "config.max_model_bytes": MAX_MODEL_BYTES,
        },
    )
    yield model


@pytest.mark.parametrize("case", BAD_MODELS)
def test_bad_model_is_rejected_by_all_pods_and_old_one_serves(
    release: Release, bucket: Bucket, good: bytes, case: str
) -> None:
    damage, reason = BAD_MODELS[case]
    bad = damage(good)
    version = release.version()["model"]
    old_logs = {pod["metadata"]["name"]: release.logs(pod) for pod in release.pods()}

    def new_log_lines() -> list[str]:
        return [release.logs(pod)[len(old_logs[pod["metadata"]["name"]]) :] for pod in release.pods()]

    with Load(release.url).running() as load:
        bucket.put("bare/model.pkl", bad)
        wait_for("all pods to reject it", lambda: all("reload rejected" in each for each in new_log_lines()))
        log_lines = new_log_lines()
        wait_for("100 requests", lambda: len(load.outcomes) >= 100)
        bucket.put("bare/model.pkl", good)
        wait_for("the good model again", lambda: all("reloaded" in each for each in new_log_lines()))
    print(f"{case}: {load}")

    assert all(reason in each for each in log_lines), log_lines
    assert load.versions == {version}
    assert not load.failed
    assert release.restarts() == 0
    assert [release.exec(pod, f"import os; print(os.path.exists('{CANARY}'))").strip() for pod in release.pods()] == [
        "False"
    ] * PODS
