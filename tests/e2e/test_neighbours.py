"""Two releases share users and key, one of them with a wrong clock. The tests run in this order."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml
from cluster import CHART, VALUES, Release, kubectl, login, namespace, objects, run, wait_for
from traffic import ROW, Load

pytestmark = pytest.mark.full
ARTICLE = CHART / "ci" / "article-values.yaml"
SECRETS = ("ml-census-credentials", "ml-census-test")
CLOCK = {"name": "clock", "configMap": {"name": "clock"}}
MOUNT = {"name": "clock", "mountPath": "/clock"}


@pytest.fixture(scope="module")
def everywhere() -> set[str]:
    """What there is in the cluster, in no namespace, before anything is installed."""
    return objects()


@pytest.fixture(scope="module")
def neighbour(release: Release, everywhere: set[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """A second release, in a namespace of its own."""
    other = Release(f"{release.namespace}-two")
    namespace(other.namespace)
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
    """Of a prediction with the token."""
    headers = {"Authorization": token}
    return requests.post(f"{release.url}/prediction", json={"inputs": [ROW]}, headers=headers, timeout=30).status_code


def kinds(names: set[str]) -> set[str]:
    """Of objects as kind/name."""
    return {each.partition("/")[0] for each in names}


def left(release: Release) -> set[str]:
    """What there is of the release, but for the Secrets that it was given."""
    given = {f"secret/{name}" for name in SECRETS}
    return {each for each in objects(release.namespace) - given if "ml-census" in each}


@pytest.mark.node  # clock.c is compiled here for the libc in the container
@pytest.mark.parametrize(("skew", "here", "there"), [(5, 200, 200), (-5, 200, 200), (60, 403, 200), (-60, 200, 403)])
def test_token_5_s_ahead_is_accepted_and_60_s_is_rejected(
    release: Release, neighbour: Release, skew: int, here: int, there: int
) -> None:
    """`here` is what the neighbour's tokens get, `there` is what the neighbour says to ours."""
    fake = {"LD_PRELOAD": "/clock/clock.so", "SKEW_SECONDS": str(skew)}
    env = yaml.safe_load(VALUES.read_text())["extraEnv"] + [{"name": name, "value": fake[name]} for name in fake]
    neighbour.upgrade(ARTICLE, extraEnv=env, extraVolumes=[CLOCK], extraVolumeMounts=[MOUNT])
    neighbour.settle()
    ours, theirs = login(release.url), login(neighbour.url)

    answers = [status(neighbour, theirs), status(release, theirs), status(neighbour, ours)]
    print(f"{skew} s, 3 requests, {answers.count(200)} answered and {answers.count(403)} refused")
    assert answers == [200, here, there]


def test_uninstalled_neighbour_leaves_no_trace_no_failure(
    release: Release, neighbour: Release, everywhere: set[str]
) -> None:
    """Outside of their namespaces there are only the addresses that Kubernetes itself notes for their Services."""
    assert kinds(objects() - everywhere) <= {"ipaddress.networking.k8s.io", "namespace"}

    with Load(release.url).running() as load:
        neighbour.uninstall()
        wait_for("nothing to be left", lambda: left(neighbour) == set())
        wait_for("500 requests", lambda: len(load.outcomes) >= 500)
    print(f"a neighbour uninstalled, {load}")
    assert not load.failed
    neighbour.upgrade(ARTICLE)
    assert status(neighbour, login(neighbour.url)) == 200
    for each in (release, neighbour):
        each.uninstall()
    wait_for("nothing to be left", lambda: kinds(objects() - everywhere) <= {"namespace"})
