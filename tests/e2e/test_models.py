"""Bad models in a folder without a manifest: a process of its own unpickles them."""

import io
import pathlib
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from cluster import CHART, Bucket, Release, wait_for
from traffic import Load

pytestmark = pytest.mark.full
ARTICLE = CHART / "ci" / "article-values.yaml"
PODS = 2
CANARY = "/tmp/canary"
LARGEST = 64 * 1024**2


class Evil:
    """Unpickled, it would write a file."""

    def __reduce__(self) -> object:
        return pathlib.Path.touch, (pathlib.PosixPath(CANARY),)


def written(model: Any) -> bytes:
    file = io.BytesIO()
    joblib.dump(model, file)
    return file.getvalue()


def read(data: bytes) -> Any:
    return joblib.load(io.BytesIO(data))


def of_another_scikit_learn(data: bytes) -> bytes:
    plain, version = written(read(data)), sklearn.__version__.encode()
    assert version in plain
    return plain.replace(version, b"0" + version[1:])


def with_other_classes(data: bytes) -> bytes:
    model = read(data)
    model[-1].classes_ = np.array(["poor", "rich"])
    return written(model)


def that_crashes(data: bytes) -> bytes:
    """A node that asks for a column far out of the row's memory: only prediction reads it."""
    model = read(data)
    for each in model[-1].estimators_:
        state = each.tree_.__getstate__()
        state["nodes"]["feature"][0] = 2**40
        each.tree_.__setstate__(state)
    return written(model)


def that_is_too_large(data: bytes) -> bytes:
    model = read(data)
    model[-1].more_ = np.zeros(LARGEST, dtype=np.uint8)
    return written(model)


BAD: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "evil": (lambda data: pickle.dumps(Evil()), "references forbidden global pathlib.Path.touch"),
    "of another scikit-learn": (of_another_scikit_learn, "scikit-learn 0."),
    "with other classes": (with_other_classes, "does not cover the model's classes"),
    "that crashes": (that_crashes, "was killed by SIG"),
    "too large": (that_is_too_large, "larger than"),
}


@pytest.fixture(scope="module", autouse=True)
def good(release: Release, bucket: Bucket) -> Iterator[bytes]:
    model = bucket.get("census-article/model.pkl")
    bucket.put("bare/model.pkl", model)
    bucket.put("bare/prediction_decoding.json", bucket.get("census-article/prediction_decoding.json"))
    release.upgrade(
        ARTICLE,
        replicaCount=PODS,
        **{
            "config.model_path": "gs://models/bare/model.pkl",
            "config.prediction_decoding": "gs://models/bare/prediction_decoding.json",
            "config.reload_interval_seconds": 1,
            "config.max_model_bytes": LARGEST,
        },
    )
    yield model


@pytest.mark.parametrize("case", BAD)
def test_bad_model_is_rejected_by_all_pods_and_old_one_serves(
    release: Release, bucket: Bucket, good: bytes, case: str
) -> None:
    make, reason = BAD[case]
    bad = make(good)
    version = release.version()["model"]
    known = {pod["metadata"]["name"]: release.logs(pod) for pod in release.pods()}

    def news() -> list[str]:
        return [release.logs(pod)[len(known[pod["metadata"]["name"]]) :] for pod in release.pods()]

    with Load(release.url).running() as load:
        bucket.put("bare/model.pkl", bad)
        wait_for("all pods to refuse it", lambda: all("reload rejected" in each for each in news()))
        said = news()
        wait_for("100 requests", lambda: len(load.outcomes) >= 100)
        bucket.put("bare/model.pkl", good)
        wait_for("the good one again", lambda: all("reloaded" in each for each in news()))
    print(f"{case}: {load}")

    assert all(reason in each for each in said), said
    assert load.versions == {version}
    assert not load.failed
    assert release.restarts() == 0
    assert [release.exec(pod, f"import os; print(os.path.exists('{CANARY}'))").strip() for pod in release.pods()] == [
        "False"
    ] * PODS
