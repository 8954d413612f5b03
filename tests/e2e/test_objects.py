"""Admission of the objects of every values file by an API server, installed with Helm 3 and Helm 4."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.cluster import CHART, REQUIRED, create_namespace, helm_path, kubectl, wait_for

DEPRECATED_CLASS = 'annotation \\"kubernetes.io/ingress.class\\" is deprecated'
"""The Ingress controllers of GKE read this annotation only."""

FILES = sorted(str(each.relative_to(CHART)) for each in [*CHART.glob("ci/*"), *CHART.glob("environments/*")])
FULL = "ci/full-values.yaml"


@dataclass(frozen=True)
class HelmTarget:
    """A new namespace, and a major version of Helm."""

    namespace: str
    major: int

    def upgrade(self, file: str, *options: str) -> list[str]:
        """Install or upgrade. Return the warnings of the API server and of Helm."""
        command = [helm_path(self.major), "upgrade", "--install", "census", str(CHART)]
        command += ["--values", str(REQUIRED), "--values", str(CHART / file)]
        command += ["--namespace", self.namespace, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return [line for line in done.stderr.splitlines() if DEPRECATED_CLASS not in line]

    def get(self, kind: str) -> list[dict[str, Any]]:
        """Return the objects of a kind."""
        found = kubectl("--namespace", self.namespace, "get", kind, "--output", "json")
        items: list[dict[str, Any]] = json.loads(found)["items"]
        return items


@pytest.fixture
def target(addons: None, request: pytest.FixtureRequest) -> Iterator[HelmTarget]:
    """Yield a namespace with the ServiceAccount that the values file names."""
    file, major = getattr(request, "param", (FULL, 4))
    name = f"ml-census-e2e-objects-{major}-{Path(file).stem}"
    create_namespace(name)
    account = yaml.safe_load((CHART / file).read_text()).get("serviceAccount", {})
    if account.get("create") is False:
        kubectl("--namespace", name, "create", "serviceaccount", account["name"])
    yield HelmTarget(name, major)
    # a Service is deleted at once; its namespace waits for the pods
    kubectl("--namespace", name, "delete", "services", "--all")
    kubectl("delete", "namespace", name, "--wait=false")


def target_param(file: str, major: int) -> object:
    """Return the parameters of a test. In `make smoke`, Helm 4 installs each file, and Helm 3 installs one.

    tests/chart verifies that both render the same.
    """
    is_full = major == 3 and file != FULL
    return pytest.param((file, major), file, id=f"{file}-{major}", marks=[pytest.mark.full] if is_full else [])


TARGETS = [target_param(file, major) for file in FILES for major in (3, 4)]


@pytest.mark.parametrize(("target", "file"), TARGETS, indirect=["target"])
def test_objects_are_admitted_and_the_same_again_is_no_change(target: HelmTarget, file: str) -> None:
    """There is no warning of Pod Security, or of unknown or deprecated fields.

    An upgrade with the same values changes nothing: no controller and no default changes a field of the chart.
    """
    assert not target.upgrade(file)
    wait_for("an admitted pod", lambda: target.get("pods"))

    assert not target.upgrade(file)
    assert len(target.get("replicasets")) == 1


def test_namespace_of_these_tests_rejects_root(target: HelmTarget) -> None:
    """The namespaces of these tests enforce Pod Security: a missing warning means that the pods comply."""
    with pytest.raises(AssertionError, match="violates PodSecurity"):
        kubectl("--namespace", target.namespace, "run", "root", "--image", "none")


@pytest.mark.node  # the address is in the range of the load balancer of this cluster
def test_load_balancer_gets_the_requested_address(target: HelmTarget) -> None:
    wanted = yaml.safe_load((CHART / FULL).read_text())["service"]["loadBalancerIP"]

    target.upgrade(FULL)

    def addresses() -> list[str]:
        given = [service["status"]["loadBalancer"].get("ingress", []) for service in target.get("services")]
        return [each["ip"] for addresses in given for each in addresses]

    assert wait_for("an address", addresses) == [wanted]
