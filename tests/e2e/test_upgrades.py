"""Deleted pods, updates, rollbacks and bad upgrades lose no request. The tests run in this order."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from e2e.cluster import CHART, Bucket, Release, helm, image, kubectl, wait_for
from e2e.traffic import PREDICTION, ROW, Load

ARTICLE = CHART / "ci" / "article-values.yaml"
PODS = 2
REPLICAS: dict[str, object] = {"replicaCount": PODS}

REJECTED_VALUES: dict[str, dict[str, object]] = {
    "wrong type": {"config.max_body_bytes": "many"},
    "unknown key": {"config.modelpath": "gs://models/census/model.pkl"},
    "bad path": {"config.model_path": "http://models/model.pkl"},
    "short key": {"credentials.existingSecret": "", "credentials.signingKey": 31 * "x"},
    "garbage users": {"credentials.existingSecret": "", "credentials.users.ada": "garbage"},
    "too short a grace period": {"terminationGracePeriodSeconds": 1},
}
"""Values that the schema of the chart rejects."""
STALLED_UPGRADES: dict[str, dict[str, object]] = {
    "no such model": {"config.model_path": "gs://models/nowhere/model.pkl"},
    "no such secret": {"credentials.existingSecret": "absent"},
    "no such image": {"image.tag": "absent"},
    "garbage in the bucket": {"config.prediction_decoding": "gs://models/garbage.json"},
    "too little memory": {"resources.requests.memory": "12Mi", "resources.limits.memory": "12Mi"},
    "another model than pinned": {"config.model_sha256": 64 * "0"},
    "garbage users in a Secret": {"credentials.existingSecret": "garbage"},
    "no such host of the bucket": {"extraEnv[0].name": "STORAGE_EMULATOR_HOST", "extraEnv[0].value": "http://nowhere"},
}
"""Values that the schema accepts and with which no new pod becomes ready."""
ANOTHER_MODEL: dict[str, object] = {
    "config.model_path": "gs://models/census-article/model.pkl",
    "config.prediction_decoding": "gs://models/census-article/prediction_decoding.json",
}


def smoke_first(cases: dict[str, dict[str, object]]) -> list[object]:
    """Return the first case for `make smoke`, and the others for `make e2e`."""
    first, *others = cases
    return [first, *(pytest.param(other, marks=pytest.mark.full) for other in others)]


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release, bucket: Bucket) -> None:
    """Install a release, and create invalid objects for the bad upgrades."""
    bucket.put("garbage.json", b"{")
    kubectl(
        *("--namespace", release.namespace, "create", "secret", "generic", "garbage"),
        *("--from-literal=users.json={", f"--from-literal=secret.txt={40 * 'x'}"),
    )
    release.upgrade(ARTICLE, REPLICAS)


def revision(release: Release) -> int:
    """Return the revision of a release."""
    return int(json.loads(helm("status", "ml-census", "--namespace", release.namespace, "--output", "json"))["version"])


def test_client_of_the_article_gets_predictions_on_port_90(release: Release) -> None:
    endpoint = release.url + "/"

    response = requests.get(endpoint + "login", auth=("census", "census"), timeout=30)
    headers = {"Authorization": response.json()["token"]}
    prediction = requests.post(endpoint + "prediction", headers=headers, json={"inputs": [ROW]}, timeout=30)

    assert release.url.endswith(":90")
    assert prediction.json() == {"predictions": [PREDICTION]}


def test_deleted_pods_exit_with_0_and_lose_no_request(release: Release, load: Load) -> None:
    """This test deletes both pods one after the other. test_faults.py deletes 20."""
    deleted = release.pod_names()
    with release.exit_codes() as codes:
        release.delete(release.pods()[0], "--wait=false")
        wait_for("the replacement", lambda: len(new_ready_pods(release, deleted)) == 1)
        (left,) = [pod for pod in release.pods() if pod["metadata"]["name"] in deleted]
        release.delete(left, "--wait=false")
        wait_for("the replacements", lambda: len(new_ready_pods(release, deleted)) == PODS)
        wait_for("the pods to end", lambda: codes.keys() >= deleted)

    assert {codes[name] for name in deleted} == {0}
    assert not load.failed


def new_ready_pods(release: Release, before: set[str]) -> list[dict[str, Any]]:
    """Return the ready pods whose names are not among the given ones."""
    return [pod for pod in release.pods() if is_ready(pod) and pod["metadata"]["name"] not in before]


def test_new_model_and_rollback_lose_no_request(release: Release) -> None:
    spec = release.get("deployment", "ml-census")["spec"]
    old = release.version()["model"]
    with Load(release.url).running() as update:
        release.upgrade(ARTICLE, REPLICAS | ANOTHER_MODEL)
        release.settle()
    new = release.version()["model"]
    began = time.monotonic()
    with Load(release.url).running() as rollback:
        release.rollback()
        took = time.monotonic() - began
        release.settle()

    print(f"update to another model: {update}; rollback in {took:.0f} s: {rollback}")
    assert release.get("deployment", "ml-census")["spec"] == spec
    assert release.version()["model"] == old != new
    assert update.versions == rollback.versions == {old, new}
    assert not update.failed + rollback.failed


@pytest.mark.parametrize("case", smoke_first(REJECTED_VALUES))
def test_values_that_the_schema_rejects_change_nothing(release: Release, case: str) -> None:
    before = release.pod_names(), revision(release)

    with pytest.raises(AssertionError, match="exit 1"):
        release.upgrade(ARTICLE, REPLICAS | REJECTED_VALUES[case])

    assert (release.pod_names(), revision(release)) == before


@pytest.mark.full
def test_values_that_are_not_yaml_change_nothing(release: Release, tmp_path: Path) -> None:
    before = release.pod_names(), revision(release)
    (tmp_path / "values.yaml").write_text("config: [")

    with pytest.raises(AssertionError, match="exit 1"):
        release.upgrade(tmp_path / "values.yaml")

    assert (release.pod_names(), revision(release)) == before


@pytest.mark.parametrize("case", smoke_first(STALLED_UPGRADES))
def test_bad_upgrade_keeps_the_old_pods_and_rolls_back(release: Release, load: Load, case: str) -> None:
    """A replacement of an old pod starts with the old configuration, which its ReplicaSet carries."""
    good, spec = revision(release), release.get("deployment", "ml-census")["spec"]

    with pytest.raises(AssertionError, match="exit 1"):
        release.upgrade(ARTICLE, REPLICAS | STALLED_UPGRADES[case], timeout="15s")
    assert release.ready_pods() == PODS
    old, before = config_of(next(pod for pod in release.pods() if is_ready(pod))), release.pod_names()
    release.delete(next(pod for pod in release.pods() if is_ready(pod)), "--wait=false")
    wait_for("the old pod's replacement", lambda: sum(map(is_ready, release.pods())) == PODS, 60)
    (replacement,) = new_ready_pods(release, before)
    assert release.read_config(replacement) == old
    assert len(release.config_maps()) == 1

    helm("rollback", "ml-census", str(good), "--namespace", release.namespace, "--wait", "--timeout", "1m")
    release.settle()
    assert release.get("deployment", "ml-census")["spec"] == spec
    assert release.ready_pods() == PODS
    assert not load.failed


def config_of(pod: dict[str, Any]) -> str:
    """Return the config.yaml in the annotation of a pod."""
    return str(pod["metadata"]["annotations"]["ml-census/config.yaml"])


def test_pods_read_the_only_config_map(release: Release) -> None:
    (text,) = release.config_maps().values()

    assert [release.read_config(pod) for pod in release.pods()] == [text] * PODS
    assert [config_of(pod) for pod in release.pods()] == [text] * PODS


def test_config_map_cannot_be_edited(release: Release) -> None:
    (name,) = release.config_maps()

    with pytest.raises(AssertionError, match="immutable"):
        kubectl(
            "--namespace", release.namespace, "patch", "configmap", name, "--patch", '{"data": {"config.yaml": ""}}'
        )


def test_pod_starts_after_its_config_map_is_deleted(release: Release, load: Load) -> None:
    """The annotation of the pod has the same text. The next upgrade creates the ConfigMap again."""
    ((name, text),) = release.config_maps().items()
    before = release.pod_names()
    kubectl("--namespace", release.namespace, "delete", "configmap", name)
    release.delete(release.pods()[0], "--wait=false")
    wait_for("the replacement", lambda: len(new_ready_pods(release, before)) == 1)

    (replacement,) = new_ready_pods(release, before)
    assert release.read_config(replacement) == text
    release.upgrade(ARTICLE, REPLICAS)
    assert release.config_maps() == {name: text}
    assert not load.failed


def is_ready(pod: dict[str, Any]) -> bool:
    """Return whether a pod is ready."""
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True"


def ready_endpoints(release: Release) -> int:
    """Return the number of ready endpoints of the Service."""
    (found,) = release.get("endpointslices", "--selector", "kubernetes.io/service-name=ml-census")["items"]
    return sum(each["conditions"]["ready"] for each in found["endpoints"] or [])


@pytest.mark.full
def test_five_updates_in_a_row_lose_no_request(release: Release, load: Load) -> None:
    """The updates change values, image and model. At no time are fewer pods ready than before."""
    three: dict[str, object] = {"replicaCount": 3}
    updates: list[dict[str, object]] = [
        {"config.max_rows": 10_001},
        image("COMPILED_IMAGE"),
        ANOTHER_MODEL,
        {"config.max_rows": 10_002} | ANOTHER_MODEL,
        {},
    ]
    release.upgrade(ARTICLE, three)
    release.settle()
    ready, over = [ready_endpoints(release)], threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            ready.append(ready_endpoints(release))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for update in updates:
            release.upgrade(ARTICLE, three | update)
            release.settle()
    finally:
        over.set()
        watcher.join()
    wait_for("10,000 requests", lambda: len(load.outcomes) >= 10_000)
    print(
        f"{len(updates)} updates, at least {min(ready)} ready pods in {len(ready)} samples, models {len(load.versions)}"
    )

    assert min(ready) == 3
    assert len(load.versions) == 2
    assert not load.failed
