"""The life of one release behind a load balancer: clients, upgrades, rollback, scaling. The tests run in this order."""

import json
import time

import pytest
import requests
from cluster import ANSWER, CHART, ROW, Load, Release, kubectl, login, wait_for
from werkzeug.security import generate_password_hash

ARTICLE = CHART / "ci" / "article-values.yaml"
REPLICAS = {"replicaCount": 2}


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release) -> None:
    release.upgrade(ARTICLE, **REPLICAS)


def test_the_articles_client_gets_its_predictions_through_the_load_balancer(release: Release) -> None:
    endpoint = release.url + "/"

    response = requests.get(endpoint + "login", auth=("census", "census"), timeout=30)
    headers = {"Authorization": response.json()["token"]}
    answer = requests.post(endpoint + "prediction", headers=headers, json={"inputs": [ROW]}, timeout=30)

    assert release.url.endswith(":90")
    assert answer.json() == {"predictions": [ANSWER]}


def test_new_values_lose_no_request(release: Release) -> None:
    with Load(release.url).running() as load:
        release.upgrade(ARTICLE, **REPLICAS, **{"config.max_body_bytes": 2_000_000})
        release.settle()

    print(f"upgrade with new values: {load}")
    assert not load.failed
    assert len(load.outcomes) >= 500


def test_a_new_model_and_a_rollback_lose_no_request(release: Release) -> None:
    spec = release.get("deployment", "ml-census")["spec"]
    with Load(release.url).running() as upgrade:
        release.upgrade(
            ARTICLE,
            **REPLICAS,
            **{
                "config.model_path": "gs://models/census-article/model.pkl",
                "config.prediction_decoding": "gs://models/census-article/prediction_decoding.json",
            },
        )
        release.settle()
    new = versions(release)
    began = time.monotonic()
    with Load(release.url).running() as rollback:
        release.rollback()
        took = time.monotonic() - began
        release.settle()
    old = versions(release)

    print(f"upgrade with a new model: {upgrade}; rollback in {took:.0f} s: {rollback}")
    assert release.get("deployment", "ml-census")["spec"] == spec
    assert took < 60
    assert not upgrade.failed + rollback.failed
    assert len(new) == len(old) == 1
    assert new | old == upgrade.versions == rollback.versions
    assert new != old


def versions(release: Release) -> set[str]:
    """Which models answer now."""
    with Load(release.url).running() as load:
        wait_for("some answers", lambda: len(load.outcomes) > 20)
    return load.versions


def test_f14_a_password_that_changes_in_the_secret_ends_the_tokens_of_the_old_one(release: Release) -> None:
    """Where the chart's own Secret holds users: when the kubelet has shown it to the pods, and they have looked."""
    token = login(release.url)
    users = json.dumps({"census": generate_password_hash("changed")})
    patch = json.dumps({"stringData": {"users.json": users}})
    where = ["--namespace", release.namespace, "patch", "secret", "ml-census-credentials", "--patch"]
    before = release.get("secret", "ml-census-credentials")["data"]["users.json"]
    began = time.monotonic()
    kubectl(*where, patch)
    wait_for("the token to end everywhere", lambda: statuses(release, token) == {403}, 150)
    took = time.monotonic() - began
    print(f"f14: by the Secret, a token ended after {took:.0f} s; nothing was restarted")
    assert release.restarts() == 0

    kubectl(*where, json.dumps({"data": {"users.json": before}}))
    wait_for("the old password", lambda: statuses(release, token) == {200}, 150)


def statuses(release: Release, token: str) -> set[int]:
    """Of ten predictions with the token, each on a connection of its own."""
    ask = {"url": f"{release.url}/prediction", "json": {"inputs": [ROW]}, "headers": {"Authorization": token}}
    return {requests.post(**ask, timeout=30).status_code for _ in range(10)}  # type: ignore[arg-type]


def test_f17_the_autoscaler_follows_the_load_up_and_down(release: Release) -> None:
    quick = {f"autoscaling.behavior.scale{way}.stabilizationWindowSeconds": 0 for way in ("Up", "Down")}
    release.upgrade(
        ARTICLE,
        **{
            "autoscaling.enabled": "true",
            "autoscaling.minReplicas": 1,
            "autoscaling.maxReplicas": 3,
            "autoscaling.targetCPUUtilizationPercentage": 50,
        },
        **quick,
    )
    wait_for("one pod", lambda: release.ready_pods() == 1, 300)

    wanted = []

    def pods() -> int:
        wanted.append(int(release.get("deployment", "ml-census")["spec"]["replicas"]))
        return release.ready_pods()

    with Load(release.url, clients=4, pause=0).running() as load:
        wait_for("more pods under load", lambda: pods() > 1, 300)
    with Load(release.url, clients=1, pause=0.5).running() as less:
        wait_for("one pod with little load", lambda: pods() == 1, 400)

    steps = [number for number, before in zip(wanted, [0, *wanted], strict=False) if number != before]
    print(f"f17: the autoscaler wanted {steps} pods; {load}; {less}")
    assert not load.failed + less.failed
    assert steps[0] == steps[-1] == 1
    assert 2 <= steps.index(max(steps)) + 1 <= len(steps) - 1
    assert steps == sorted(steps[: steps.index(max(steps))]) + sorted(steps[steps.index(max(steps)) :], reverse=True)
