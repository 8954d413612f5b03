"""Two releases side by side that share users and key (F24), one with a clock that is wrong (F15). In this order."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml
from cluster import CHART, ROW, VALUES, Load, Release, kubectl, login, namespace, objects, run, wait_for

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
    kubectl("delete", "namespace", other.namespace)


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


@pytest.mark.parametrize(("skew", "here", "there"), [(5, 200, 200), (-5, 200, 200), (60, 403, 200), (-60, 200, 403)])
def test_f15_a_token_from_the_future_is_refused_and_five_seconds_are_forgiven(
    release: Release, neighbour: Release, skew: int, here: int, there: int
) -> None:
    """`here` is what the neighbour's tokens get, `there` is what the neighbour says to ours."""
    fake = {"LD_PRELOAD": "/clock/clock.so", "SKEW_SECONDS": str(skew)}
    env = yaml.safe_load(VALUES.read_text())["extraEnv"] + [{"name": name, "value": fake[name]} for name in fake]
    neighbour.upgrade(ARTICLE, extraEnv=env, extraVolumes=[CLOCK], extraVolumeMounts=[MOUNT])
    neighbour.settle()
    ours, theirs = login(release.url), login(neighbour.url)

    answers = [status(neighbour, theirs), status(release, theirs), status(neighbour, ours)]
    print(f"f15: {skew} s, 3 requests, {answers.count(200)} answered and {answers.count(403)} refused")
    assert answers == [200, here, there]


def test_f24_one_is_uninstalled_without_a_trace_and_the_other_serves_on(
    release: Release, neighbour: Release, everywhere: set[str]
) -> None:
    """Outside of their namespaces there are only the addresses that Kubernetes itself notes for their Services."""
    assert kinds(objects() - everywhere) <= {"ipaddress.networking.k8s.io", "namespace"}

    with Load(release.url).running() as load:
        neighbour.uninstall()
        wait_for("nothing to be left", lambda: left(neighbour) == set())
        wait_for("500 requests", lambda: len(load.outcomes) >= 500)
    print(f"f24: a neighbour uninstalled, {load}")
    assert not load.failed
    neighbour.upgrade(ARTICLE)
    assert status(neighbour, login(neighbour.url)) == 200
    for each in (release, neighbour):
        each.uninstall()
    wait_for("nothing to be left", lambda: kinds(objects() - everywhere) <= {"namespace"})
