"""The chart's NetworkPolicy lets the right pods through where the cluster enforces it. The tests run in this order."""

from collections.abc import Iterator

import pytest
from cluster import CHART, GCS, Release, kubectl, namespace, python_pod

DEV = CHART / "environments" / "dev.yaml"
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3).close()
    print("open")
except TimeoutError:
    print("blocked")
"""
SERVER = "deployment/ml-census"


@pytest.fixture(scope="module")
def friend() -> Iterator[str]:
    yield from peer("ml-census-e2e-friend")


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    yield from peer("ml-census-e2e-stranger")


def peer(name: str) -> Iterator[str]:
    """A namespace with a pod that does nothing but listen on port 8443."""
    namespace(name)
    python_pod(name, "peer", "-c", "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8443)")
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def connect(namespace: str, pod: str, host: str, port: int) -> str:
    """From the pod: "open", or "blocked" when nothing comes back."""
    return kubectl("--namespace", namespace, "exec", pod, "--", "python3", "-c", CONNECT, host, str(port)).strip()


def address(namespace: str) -> str:
    return kubectl("--namespace", namespace, "get", "pod", "peer", "--output", "jsonpath={.status.podIP}")


def named(namespace: str) -> dict[str, object]:
    """The peer of a NetworkPolicy."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release) -> None:
    release.upgrade(DEV)


def test_server_reaches_only_names_and_the_bucket(release: Release, stranger: str) -> None:
    bucket, other, api = (f"gcs.{GCS}", 4443), (address(stranger), 8443), ("kubernetes.default", 443)

    assert [connect(release.namespace, SERVER, *to) for to in (bucket, other, api)] == ["open", "blocked", "blocked"]


def test_pod_has_no_token_of_kubernetes(release: Release) -> None:
    (pod,) = release.pods()

    assert release.exec(pod, "import os; print(os.path.exists('/var/run/secrets/kubernetes.io'))").strip() == "False"


def test_named_namespaces_alone_reach_server_and_metrics(release: Release, friend: str, stranger: str) -> None:
    """All reach the server and none the metrics, until networkPolicy.from and .monitoring name some. `helm test` is
    among those that reach the server."""
    service = f"ml-census.{release.namespace}"
    (pod,) = release.pods()
    assert [connect(who, "peer", service, 80) for who in (friend, stranger)] == ["open", "open"]
    assert [connect(who, "peer", pod["status"]["podIP"], 5091) for who in (friend, stranger)] == ["blocked"] * 2

    release.upgrade(DEV, **{"networkPolicy.from": [named(friend)], "networkPolicy.monitoring": [friend]})
    release.settle()

    (pod,) = release.pods()
    assert [connect(who, "peer", service, 80) for who in (friend, stranger)] == ["open", "blocked"]
    assert [connect(who, "peer", pod["status"]["podIP"], 5091) for who in (friend, stranger)] == ["open", "blocked"]
    release.test()


def test_policy_that_is_disabled_blocks_nothing(release: Release, stranger: str) -> None:
    """What the tests before found blocked is blocked by the policy, and not by the cluster."""
    release.upgrade(DEV, **{"networkPolicy.enabled": "false"})
    release.settle()

    (pod,) = release.pods()
    for to in ((address(stranger), 8443), ("kubernetes.default", 443)):
        assert connect(release.namespace, SERVER, *to) == "open"
    for port in (5090, 5091):
        assert connect(stranger, "peer", pod["status"]["podIP"], port) == "open"
