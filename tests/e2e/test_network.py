"""The chart's NetworkPolicy, where it is enforced: who gets through, and who does not."""

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


def test_the_server_speaks_with_nobody_but_whom_it_needs(release: Release, stranger: str) -> None:
    """Names and the bucket; neither the API server nor another pod, which answer when there is no policy."""
    bucket, other, api = (f"gcs.{GCS}", 4443), (address(stranger), 8443), ("kubernetes.default", 443)

    release.upgrade(DEV, **{"networkPolicy.enabled": "false"})
    assert [connect(release.namespace, SERVER, *to) for to in (bucket, other, api)] == ["open"] * 3

    release.upgrade(DEV)
    assert [connect(release.namespace, SERVER, *to) for to in (bucket, other, api)] == ["open", "blocked", "blocked"]


def test_t11_a_pod_has_no_token_of_kubernetes(release: Release) -> None:
    release.upgrade(DEV)
    (pod,) = release.pods()

    assert release.exec(pod, "import os; print(os.path.exists('/var/run/secrets/kubernetes.io'))").strip() == "False"


def test_only_those_named_may_ask(release: Release, friend: str, stranger: str) -> None:
    """Everybody, until networkPolicy.from names some; helm test is among them."""
    service = f"ml-census.{release.namespace}"
    release.upgrade(DEV)
    assert [connect(who, "peer", service, 80) for who in (friend, stranger)] == ["open", "open"]

    named = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": friend}}}
    release.upgrade(DEV, **{"networkPolicy.from": [named]})

    assert [connect(who, "peer", service, 80) for who in (friend, stranger)] == ["open", "blocked"]
    release.test()


def test_only_the_monitoring_reads_metrics(release: Release, friend: str, stranger: str) -> None:
    release.upgrade(DEV, **{"networkPolicy.monitoring": [friend]})
    release.settle()

    (pod,) = release.pods()
    assert [connect(who, "peer", pod["status"]["podIP"], 5091) for who in (friend, stranger)] == ["open", "blocked"]
