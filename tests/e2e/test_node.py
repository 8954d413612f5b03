"""Restarts of Kubernetes components, and a drain of the only node, while clients send requests."""

import pytest

from e2e.cluster import CHART, Release, kubectl, wait_for
from e2e.node import restart_program
from e2e.traffic import Load

pytestmark = [pytest.mark.node, pytest.mark.full]
ARTICLE = CHART / "ci" / "article-values.yaml"
PODS = 2


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release) -> None:
    """Install a release with two pods."""
    release.upgrade(ARTICLE, {"replicaCount": PODS})


@pytest.mark.parametrize("program", ["kube-apiserver", "kubelet", "containerd"])
def test_pods_serve_while_a_kubernetes_component_restarts(release: Release, load: Load, program: str) -> None:
    before = release.restarts()

    restart_program(program)
    wait_for("the API server", lambda: kubectl_succeeds("get", "--raw", "/readyz"))
    wait_for("1,000 requests", lambda: len(load.outcomes) >= 1_000)
    release.delete(release.pods()[0])
    wait_for("a replacement, which needs all components", lambda: release.ready_pods() == PODS == len(release.pods()))

    assert release.restarts() == before
    assert not load.failed


def kubectl_succeeds(*args: str) -> bool:
    """Return whether kubectl prints something and ends with 0."""
    try:
        return bool(kubectl(*args))
    except AssertionError:
        return False


def test_drain_of_the_only_node_stops_at_the_budget(release: Release, load: Load) -> None:
    """The drain evicts one pod. Its replacement has no node, so the PodDisruptionBudget keeps the other pod."""
    node = release.pods()[0]["spec"]["nodeName"]
    try:
        with pytest.raises(AssertionError, match="global timeout reached"):
            kubectl(
                "drain",
                node,
                "--pod-selector=app.kubernetes.io/name=ml-census",
                "--timeout=20s",
                "--delete-emptydir-data",
            )
        assert release.ready_pods() == PODS - 1
    finally:
        kubectl("uncordon", node)
    wait_for("the replacement", lambda: release.ready_pods() == PODS)
    wait_for("500 requests", lambda: len(load.outcomes) >= 500)
    assert not load.failed
