"""Damaged downloads: the old model serves until the new one has arrived complete."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from e2e.cluster import CHART, GCS, Bucket, Release, kubectl, port_forward, start_python_pod, wait_for
from e2e.traffic import Load

pytestmark = pytest.mark.full
PROXY = Path(__file__).with_name("faulty_proxy.py").read_text()
ARTICLE = CHART / "ci" / "article-values.yaml"
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "faulty-proxy", "namespace": GCS},
    "spec": {"selector": {"app": "faulty-proxy"}, "ports": [{"port": 4443}]},
}


def set_fault(fault: str) -> None:
    """Set the fault of the proxy."""
    with port_forward(GCS, "pod/faulty-proxy", 4443) as url:
        requests.put(url, data=fault, timeout=30).raise_for_status()


def publish(bucket: Bucket, model: str) -> None:
    """Copy a model to the folder that the release serves."""
    for name in ("manifest.json", *json.loads(bucket.get(f"{model}/manifest.json"))["files"]):
        bucket.put(f"damaged/{name}", bucket.get(f"{model}/{name}"))


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release, bucket: Bucket) -> Iterator[None]:
    """Install a release that reads its model through the proxy."""
    start_python_pod(GCS, "faulty-proxy", "-c", PROXY, "gcs", "4443")
    kubectl("apply", "--filename", "-", stdin=json.dumps(SERVICE))
    publish(bucket, "census-article")
    release.upgrade(
        ARTICLE,
        {
            "config.model_path": "gs://models/damaged/model.pkl",
            "config.prediction_decoding": "gs://models/damaged/prediction_decoding.json",
            "config.reload_interval_seconds": 1,
            "extraEnv[0].name": "STORAGE_EMULATOR_HOST",
            "extraEnv[0].value": f"http://faulty-proxy.{GCS}:4443",
        },
    )
    yield
    kubectl("--namespace", GCS, "delete", "pod/faulty-proxy", "service/faulty-proxy")


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
        wait_for(
            "a rejected reload", lambda: release.version()["reloads"]["rejected"] > before["reloads"]["rejected"], 120
        )
        served = set(load.versions)
        set_fault("")
        wait_for("the new model", lambda: release.version()["model"] != before["model"], 150)
    print(f"{fault}: {load}")

    assert served == {before["model"]}
    assert not load.failed
    assert release.restarts() == 0
