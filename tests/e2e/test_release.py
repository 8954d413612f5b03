"""A changed password in the mounted Secret, and the autoscaler. The tests run in this order."""

import json
import time

import pytest
import requests
from werkzeug.security import generate_password_hash

from e2e.cluster import CHART, Release, kubectl, login, wait_for
from e2e.traffic import ROW, Load

pytestmark = pytest.mark.full
ARTICLE = CHART / "ci" / "article-values.yaml"


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release) -> None:
    """Install a release with two pods."""
    release.upgrade(ARTICLE, {"replicaCount": 2})


def test_password_changed_in_the_secret_ends_its_tokens(release: Release) -> None:
    """The kubelet takes a minute to update the mounted Secret, and then the server reloads it."""
    token = login(release.url)
    users = json.dumps({"census": generate_password_hash("changed")})
    patch = json.dumps({"stringData": {"users.json": users}})
    command = ["--namespace", release.namespace, "patch", "secret", "ml-census-credentials", "--patch"]
    before = release.get("secret", "ml-census-credentials")["data"]["users.json"]
    began = time.monotonic()
    kubectl(*command, patch)
    wait_for("the token to end everywhere", lambda: statuses(release, token) == {403}, 150)
    took = time.monotonic() - began
    print(f"a token ended {took:.0f} s after its password changed in the Secret")
    assert release.restarts() == 0

    kubectl(*command, json.dumps({"data": {"users.json": before}}))
    wait_for("the old password", lambda: statuses(release, token) == {200}, 150)


def statuses(release: Release, token: str) -> set[int]:
    """Return the statuses of ten predictions with a token, each on a new connection."""
    url, headers = f"{release.url}/prediction", {"Authorization": token}
    return {requests.post(url, json={"inputs": [ROW]}, headers=headers, timeout=30).status_code for _ in range(10)}


def test_autoscaler_follows_the_load_up_and_down(release: Release) -> None:
    no_delay = {f"autoscaling.behavior.scale{way}.stabilizationWindowSeconds": 0 for way in ("Up", "Down")}
    release.upgrade(
        ARTICLE,
        {
            "autoscaling.enabled": "true",
            "autoscaling.minReplicas": 1,
            "autoscaling.maxReplicas": 3,
            "autoscaling.targetCPUUtilizationPercentage": 50,
        }
        | no_delay,
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
    print(f"the autoscaler wanted {steps} pods; {load}; {less}")
    assert not load.failed + less.failed
    assert steps[0] == steps[-1] == 1
    assert 2 <= steps.index(max(steps)) + 1 <= len(steps) - 1
    assert steps == sorted(steps[: steps.index(max(steps))]) + sorted(steps[steps.index(max(steps)) :], reverse=True)
