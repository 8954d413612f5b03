"""A connection to the bucket is slow, breaks off or flips bits: the old model serves until the new one is whole."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cluster import CHART, GCS, Bucket, Release, kubectl, port_forward, python_pod, wait_for
from traffic import Load

pytestmark = pytest.mark.full
WAY = Path(__file__).with_name("faulty.py").read_text()
ARTICLE = CHART / "ci" / "article-values.yaml"
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "way", "namespace": GCS},
    "spec": {"selector": {"app": "way"}, "ports": [{"port": 4443}]},
}


def set_fault(fault: str) -> None:
    with port_forward(GCS, "pod/way", 4443) as url:
        requests.put(url, data=fault, timeout=30).raise_for_status()


def publish(bucket: Bucket, model: str) -> None:
    for name in ("manifest.json", *json.loads(bucket.get(f"{model}/manifest.json"))["files"]):
        bucket.put(f"way/{name}", bucket.get(f"{model}/{name}"))


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release, bucket: Bucket) -> Iterator[None]:
    python_pod(GCS, "way", "-c", WAY, "gcs", "4443")
    kubectl("apply", "--filename", "-", stdin=json.dumps(SERVICE))
    publish(bucket, "census-article")
    release.upgrade(
        ARTICLE,
        **{
            "config.model_path": "gs://models/way/model.pkl",
            "config.prediction_decoding": "gs://models/way/prediction_decoding.json",
            "config.reload_interval_seconds": 1,
            "extraEnv[0].name": "STORAGE_EMULATOR_HOST",
            "extraEnv[0].value": f"http://way.{GCS}:4443",
        },
    )
    yield
    kubectl("--namespace", GCS, "delete", "pod/way", "service/way")


@pytest.mark.parametrize(
    ("fault", "model"),
    [("flipped", "census"), ("cut", "census-article"), ("reset", "census"), ("slow", "census-article")],
)
def test_damaged_download_is_rejected_until_it_is_whole(
    release: Release, bucket: Bucket, fault: str, model: str
) -> None:
    before = release.version()

    with Load(release.url).running() as load:
        set_fault(fault)
        publish(bucket, model)
        wait_for("a refusal", lambda: release.version()["reloads"]["rejected"] > before["reloads"]["rejected"], 120)
        served = set(load.versions)
        set_fault("")
        wait_for("the new model", lambda: release.version()["model"] != before["model"], 150)
    print(f"{fault}: {load}")

    assert served == {before["model"]}
    assert not load.failed
    assert release.restarts() == 0
