"""Two releases that share users and key, one with a wrong clock. The tests run in this order."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml

from e2e.cluster import CHART, VALUES, Release, create_namespace, kubectl, list_objects, login, run, wait_for
from e2e.traffic import ROW, Load

pytestmark = pytest.mark.full
ARTICLE = CHART / "ci" / "article-values.yaml"
SECRETS = ("ml-census-credentials", "ml-census-test")
CLOCK = {"name": "clock", "configMap": {"name": "clock"}}
MOUNT = {"name": "clock", "mountPath": "/clock"}


@pytest.fixture(scope="module")
def cluster_objects() -> set[str]:
    """Return the cluster-scoped objects before a release is installed."""
    return list_objects()


@pytest.fixture(scope="module")
def neighbour(
    release: Release, cluster_objects: set[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """Yield a second release in its own namespace."""
    other = Release(f"{release.namespace}-two")
    create_namespace(other.namespace)
    for name in SECRETS:
        secret = release.get("secret", name)
        secret["metadata"] = {"name": name, "namespace": other.namespace}
        kubectl("apply", "--filename", "-", stdin=json.dumps(secret))
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    run("cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", str(library), str(Path(__file__).with_name("clock.c")))
    kubectl("--namespace", other.namespace, "create", "configmap", "clock", f"--from-file={library}")
    for each in (release, other):
        each.upgrade(ARTICLE)
    yield other
    kubectl("delete", "namespace", other.namespace, "--wait=false")


def status(release: Release, token: str) -> int:
    """Return the status of a prediction with a token."""
    headers = {"Authorization": token}
    return requests.post(f"{release.url}/prediction", json={"inputs": [ROW]}, headers=headers, timeout=30).status_code


def kinds(names: set[str]) -> set[str]:
    """Return the kinds of objects that are given as kind/name."""
    return {each.partition("/")[0] for each in names}


def remaining(release: Release) -> set[str]:
    """Return the objects of a release, without the Secrets that the test created."""
    given = {f"secret/{name}" for name in SECRETS}
    return {each for each in list_objects(release.namespace) - given if "ml-census" in each}


@pytest.mark.node  # clock.c is compiled here for the libc in the container
@pytest.mark.parametrize(("skew", "here", "there"), [(5, 200, 200), (-5, 200, 200), (60, 403, 200), (-60, 200, 403)])
def test_token_5_s_ahead_is_accepted_and_60_s_is_rejected(
    release: Release, neighbour: Release, skew: int, here: int, there: int
) -> None:
    """`here` is the status of the neighbour's token here, `there` of this release's token at the neighbour."""
    fake = {"LD_PRELOAD": "/clock/clock.so", "SKEW_SECONDS": str(skew)}
    env = yaml.safe_load(VALUES.read_text())["extraEnv"] + [{"name": name, "value": fake[name]} for name in fake]
    neighbour.upgrade(ARTICLE, {"extraEnv": env, "extraVolumes": [CLOCK], "extraVolumeMounts": [MOUNT]})
    neighbour.settle()
    ours, theirs = login(release.url), login(neighbour.url)

    statuses = [status(neighbour, theirs), status(release, theirs), status(neighbour, ours)]
    print(f"{skew} s, 3 requests, {statuses.count(200)} accepted and {statuses.count(403)} rejected")
    assert statuses == [200, here, there]


def test_uninstalled_neighbour_leaves_no_trace_no_failure(
    release: Release, neighbour: Release, cluster_objects: set[str]
) -> None:
    """The only cluster-scoped objects of releases are the IPAddresses that Kubernetes creates for Services."""
    assert kinds(list_objects() - cluster_objects) <= {"ipaddress.networking.k8s.io", "namespace"}

    with Load(release.url).running() as load:
        neighbour.uninstall()
        wait_for("all objects to be deleted", lambda: remaining(neighbour) == set())
        wait_for("500 requests", lambda: len(load.outcomes) >= 500)
    print(f"a neighbour uninstalled, {load}")
    assert not load.failed
    neighbour.upgrade(ARTICLE)
    assert status(neighbour, login(neighbour.url)) == 200
    for each in (release, neighbour):
        each.uninstall()
    wait_for("all objects to be deleted", lambda: kinds(list_objects() - cluster_objects) <= {"namespace"})
