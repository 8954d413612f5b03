"""Traffic that the NetworkPolicy of the chart allows and blocks. The tests run in this order."""

from collections.abc import Iterator

import pytest

from e2e.cluster import CHART, GCS, Release, create_namespace, kubectl, start_python_pod

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
def allowed() -> Iterator[str]:
    """Yield a namespace that the NetworkPolicy comes to allow."""
    yield from peer_namespace("ml-census-e2e-allowed")


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """Yield a namespace that no NetworkPolicy names."""
    yield from peer_namespace("ml-census-e2e-other")


def peer_namespace(name: str) -> Iterator[str]:
    """Yield a namespace with a pod that listens on port 8443."""
    create_namespace(name)
    start_python_pod(name, "peer", "-c", "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8443)")
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def connect(namespace: str, pod: str, host: str, port: int) -> str:
    """Connect from a pod. Return "open", or "blocked" if there is no reply."""
    return kubectl("--namespace", namespace, "exec", pod, "--", "python3", "-c", CONNECT, host, str(port)).strip()


def address(namespace: str) -> str:
    """Return the IP address of the pod in a namespace."""
    return kubectl("--namespace", namespace, "get", "pod", "peer", "--output", "jsonpath={.status.podIP}")


def namespace_peer(namespace: str) -> dict[str, object]:
    """Return the NetworkPolicy peer that selects a namespace."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release) -> None:
    """Install the dev environment."""
    release.upgrade(DEV)


def test_server_reaches_only_names_and_the_bucket(release: Release, other: str) -> None:
    bucket, pod, api = (f"gcs.{GCS}", 4443), (address(other), 8443), ("kubernetes.default", 443)

    assert [connect(release.namespace, SERVER, *to) for to in (bucket, pod, api)] == ["open", "blocked", "blocked"]


def test_pod_has_no_token_of_kubernetes(release: Release) -> None:
    (pod,) = release.pods()

    assert release.exec(pod, "import os; print(os.path.exists('/var/run/secrets/kubernetes.io'))").strip() == "False"


def test_named_namespaces_alone_reach_server_and_metrics(release: Release, allowed: str, other: str) -> None:
    """All namespaces reach the server and none the metrics, until networkPolicy.from and .monitoring name some."""
    service = f"ml-census.{release.namespace}"
    (pod,) = release.pods()
    assert [connect(namespace, "peer", service, 80) for namespace in (allowed, other)] == ["open", "open"]
    assert [connect(namespace, "peer", pod["status"]["podIP"], 5091) for namespace in (allowed, other)] == [
        "blocked"
    ] * 2

    release.upgrade(DEV, {"networkPolicy.from": [namespace_peer(allowed)], "networkPolicy.monitoring": [allowed]})
    release.settle()

    (pod,) = release.pods()
    assert [connect(namespace, "peer", service, 80) for namespace in (allowed, other)] == ["open", "blocked"]
    assert [connect(namespace, "peer", pod["status"]["podIP"], 5091) for namespace in (allowed, other)] == [
        "open",
        "blocked",
    ]
    release.test()


def test_policy_that_is_disabled_blocks_nothing(release: Release, other: str) -> None:
    """Without the policy the connections of the other tests succeed: the policy blocked them, not the cluster."""
    release.upgrade(DEV, {"networkPolicy.enabled": "false"})
    release.settle()

    (pod,) = release.pods()
    for to in ((address(other), 8443), ("kubernetes.default", 443)):
        assert connect(release.namespace, SERVER, *to) == "open"
    for port in (5090, 5091):
        assert connect(other, "peer", pod["status"]["podIP"], port) == "open"
