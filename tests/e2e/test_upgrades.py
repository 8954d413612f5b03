"""Good upgrades lose no request; bad ones never take the old pods down (F10, F11, F12, F16). In this order."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import CHART, Bucket, Load, Release, helm, image, kubectl, wait_for

ARTICLE = CHART / "ci" / "article-values.yaml"
REPLICAS = {"replicaCount": 2}

REFUSED_BEFORE_ANY_CHANGE = {
    "wrong type": {"config.max_body_bytes": "many"},
    "unknown key": {"config.modelpath": "gs://models/census/model.pkl"},
    "bad path": {"config.model_path": "http://models/model.pkl"},
    "short key": {"credentials.existingSecret": "", "credentials.signingKey": 31 * "x"},
    "garbage users": {"credentials.existingSecret": "", "credentials.users.ada": "garbage"},
    "too short a grace period": {"terminationGracePeriodSeconds": 1},
}
STALLED = {
    "no such model": {"config.model_path": "gs://models/nowhere/model.pkl"},
    "no such secret": {"credentials.existingSecret": "absent"},
    "no such image": {"image.tag": "absent"},
    "garbage in the bucket": {"config.prediction_decoding": "gs://models/garbage.json"},
    "too little memory": {"resources.requests.memory": "12Mi", "resources.limits.memory": "12Mi"},
    "another model than pinned": {"config.model_sha256": 64 * "0"},
    "garbage users in a Secret": {"credentials.existingSecret": "garbage"},
    "no such host of the bucket": {"extraEnv[0].name": "STORAGE_EMULATOR_HOST", "extraEnv[0].value": "http://nowhere"},
}
"""Ports and the paths of probes are no values."""
FILES = {"model_path": "model.pkl", "prediction_decoding": "prediction_decoding.json"}


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release, bucket: Bucket) -> None:
    bucket.put("garbage.json", b"{")
    kubectl(
        *("--namespace", release.namespace, "create", "secret", "generic", "garbage"),
        *("--from-literal=users.json={", f"--from-literal=secret.txt={40 * 'x'}"),
    )
    release.upgrade(ARTICLE, **REPLICAS)


@pytest.fixture
def load(release: Release, request: pytest.FixtureRequest) -> Iterator[Load]:
    with Load(release.url).running() as running:
        wait_for("some answers", lambda: len(running.outcomes) > 20)
        yield running
    print(f"{request.node.name}: {running}")
    assert not running.failed


def revision(release: Release) -> int:
    return int(json.loads(helm("status", "ml-census", "--namespace", release.namespace, "--output", "json"))["version"])


def names(release: Release) -> set[str]:
    return {pod["metadata"]["name"] for pod in release.pods()}


@pytest.mark.parametrize("case", REFUSED_BEFORE_ANY_CHANGE)
def test_f10_what_the_chart_can_see_is_refused_before_any_change(release: Release, case: str) -> None:
    before = names(release), revision(release)

    with pytest.raises(AssertionError, match="exit 1"):
        release.upgrade(ARTICLE, **REPLICAS, **REFUSED_BEFORE_ANY_CHANGE[case])

    assert (names(release), revision(release)) == before


def test_f10_a_file_that_is_no_yaml_is_refused_before_any_change(release: Release, tmp_path: Path) -> None:
    before = names(release), revision(release)
    (tmp_path / "values.yaml").write_text("config: [")

    with pytest.raises(AssertionError, match="exit 1"):
        release.upgrade(tmp_path / "values.yaml")

    assert (names(release), revision(release)) == before


@pytest.mark.parametrize("case", STALLED)
def test_f10_f11_f12_a_bad_upgrade_leaves_the_old_pods_and_their_replacements(
    release: Release, load: Load, case: str
) -> None:
    """The replacement of an old pod boots with the old configuration, which its ReplicaSet carries."""
    good, spec = revision(release), release.get("deployment", "ml-census")["spec"]

    with pytest.raises(AssertionError, match="exit 1"):
        release.upgrade(ARTICLE, timeout="15s", **REPLICAS, **STALLED[case])
    assert release.ready_pods() == REPLICAS["replicaCount"]
    release.delete(next(pod for pod in release.pods() if is_ready(pod)), "--wait=false")
    wait_for("the old pod's replacement", lambda: sum(map(is_ready, release.pods())) == REPLICAS["replicaCount"], 60)

    helm("rollback", "ml-census", str(good), "--namespace", release.namespace, "--wait", "--timeout", "1m")
    release.settle()
    assert release.get("deployment", "ml-census")["spec"] == spec
    assert release.ready_pods() == REPLICAS["replicaCount"]


def is_ready(pod: dict[str, object]) -> bool:
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}  # type: ignore[attr-defined]
    return conditions.get("Ready") == "True"


def ready_endpoints(release: Release) -> int:
    """How many pods the Service sends clients to."""
    (found,) = release.get("endpointslices", "--selector", "kubernetes.io/service-name=ml-census")["items"]
    return sum(each["conditions"]["ready"] for each in found["endpoints"] or [])


def test_f16_five_updates_in_a_row_lose_no_request(release: Release, load: Load) -> None:
    """Of values, image and model; never do fewer pods serve than before."""
    three = {"replicaCount": 3}
    article = {f"config.{key}": f"gs://models/census-article/{name}" for key, name in FILES.items()}
    updates: list[dict[str, object]] = [
        {"config.max_rows": 10_001},
        image("COMPILED_IMAGE"),
        article,
        {"config.max_rows": 10_002} | article,
        {},
    ]
    release.upgrade(ARTICLE, **three)
    release.settle()
    seen, over = [ready_endpoints(release)], threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            seen.append(ready_endpoints(release))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for update in updates:
            release.upgrade(ARTICLE, **three, **update)
            release.settle()
    finally:
        over.set()
        watcher.join()
    wait_for("10,000 requests", lambda: len(load.outcomes) >= 10_000)
    print(f"f16: {len(updates)} updates, at least {min(seen)} pods in {len(seen)} looks, models {len(load.versions)}")

    assert min(seen) == 3
    assert len(load.versions) == 2
