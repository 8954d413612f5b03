"""The life of one release behind a load balancer: clients, upgrades, rollback, scaling. The tests run in this order."""

import pytest
import requests
from cluster import ANSWER, CHART, ROW, Load, Release, wait_for

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
    with Load(release.url).running() as rollback:
        release.rollback()
        release.settle()
    old = versions(release)

    print(f"upgrade with a new model: {upgrade}; rollback: {rollback}")
    assert not upgrade.failed + rollback.failed
    assert len(new) == len(old) == 1
    assert new | old == upgrade.versions == rollback.versions
    assert new != old


def versions(release: Release) -> set[str]:
    """Which models answer now."""
    with Load(release.url).running() as load:
        wait_for("some answers", lambda: len(load.outcomes) > 20)
    return load.versions


def test_the_autoscaler_follows_the_load_up_and_down(release: Release) -> None:
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

    with Load(release.url, clients=4, pause=0).running() as load:
        wait_for("more pods under load", lambda: release.ready_pods() > 1, 300)
        most = release.ready_pods()
    wait_for("one pod without load", lambda: release.ready_pods() == 1, 400)

    print(f"autoscaler: 1 pod, {most} under load, 1 after; {load}")
    assert not load.failed
