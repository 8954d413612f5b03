"""What every values file of the chart renders is admitted by a real API server, from both Helms."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster import CHART, helm_path, kubectl, namespace, wait_for

CLASS = 'annotation \\"kubernetes.io/ingress.class\\" is deprecated'
"""GKE's controllers still look at this annotation, and at nothing else."""

FILES = sorted(str(each.relative_to(CHART)) for each in [*CHART.glob("ci/*"), *CHART.glob("environments/*")])
FULL = "ci/full-values.yaml"


@dataclass(frozen=True)
class Room:
    """A namespace of its own, and a Helm."""

    namespace: str
    major: int

    def upgrade(self, file: str, *options: str) -> list[str]:
        """Install or upgrade, and the warnings: of the API server, and of Helm."""
        command = [helm_path(self.major), "upgrade", "--install", "census", str(CHART), "--values", str(CHART / file)]
        command += ["--namespace", self.namespace, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return [line for line in done.stderr.splitlines() if CLASS not in line]

    def get(self, kind: str) -> list[dict[str, Any]]:
        found = kubectl("--namespace", self.namespace, "get", kind, "--output", "json")
        items: list[dict[str, Any]] = json.loads(found)["items"]
        return items


@pytest.fixture
def room(addons: None, request: pytest.FixtureRequest) -> Iterator[Room]:
    file, major = getattr(request, "param", (FULL, 4))
    name = f"ml-census-e2e-objects-{major}-{Path(file).stem}"
    namespace(name)
    account = yaml.safe_load((CHART / file).read_text()).get("serviceAccount", {})
    if account.get("create") is False:
        kubectl("--namespace", name, "create", "serviceaccount", account["name"])
    yield Room(name, major)
    # Services go at once, pods take their time.
    kubectl("--namespace", name, "delete", "services", "--all")
    kubectl("delete", "namespace", name, "--wait=false")


def room_for(file: str, major: int) -> object:
    """Helm 4 installs each file in `make smoke`. Helm 3, which renders the same (tests/chart), installs one."""
    is_full = major == 3 and file != FULL
    return pytest.param((file, major), file, id=f"{file}-{major}", marks=[pytest.mark.full] if is_full else [])


ROOMS = [room_for(file, major) for file in FILES for major in (3, 4)]


@pytest.mark.parametrize(("room", "file"), ROOMS, indirect=["room"])
def test_objects_are_admitted_and_the_same_again_is_no_change(room: Room, file: str) -> None:
    """No warning: the pods meet the restricted Pod Security Standard, no field is unknown or deprecated. An upgrade
    with the same values changes nothing: the chart fights over no field with a controller or a default."""
    assert not room.upgrade(file)
    wait_for("a pod to be let in", lambda: room.get("pods"))

    assert not room.upgrade(file)
    assert len(room.get("replicasets")) == 1


def test_namespace_of_these_tests_rejects_root(room: Room) -> None:
    """So the test before shows that the pods are restricted, and not that nobody checks."""
    with pytest.raises(AssertionError, match="violates PodSecurity"):
        kubectl("--namespace", room.namespace, "run", "root", "--image", "none")


@pytest.mark.node  # the address is one of the range that `cluster` gives out
def test_load_balancer_gets_the_requested_address(room: Room) -> None:
    wanted = yaml.safe_load((CHART / FULL).read_text())["service"]["loadBalancerIP"]

    room.upgrade(FULL)

    def addresses() -> list[str]:
        given = [service["status"]["loadBalancer"].get("ingress", []) for service in room.get("services")]
        return [each["ip"] for addresses in given for each in addresses]

    assert wait_for("an address", addresses) == [wanted]
