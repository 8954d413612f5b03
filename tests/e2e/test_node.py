"""Parts of Kubernetes itself end and come back, and a node is drained, while clients ask (F5, F21)."""

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import CHART, Load, Release, kubectl, wait_for

ARTICLE = CHART / "ci" / "article-values.yaml"
PODS = 2


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release) -> None:
    release.upgrade(ARTICLE, replicaCount=PODS)


@pytest.fixture
def load(release: Release, request: pytest.FixtureRequest) -> Iterator[Load]:
    with Load(release.url).running() as running:
        wait_for("some answers", lambda: len(running.outcomes) > 20)
        yield running
    print(f"{request.node.name}: {running}")
    assert not running.failed


def restart(program: str) -> None:
    """Kill it where this test runs too, in the node's network, and start it again as it was."""
    here = os.readlink("/proc/self/ns/net")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text().split("\0")[:-1]
            environment = dict(each.split("=", 1) for each in (process / "environ").read_text().split("\0")[:-1])
            belongs = os.readlink(process / "ns" / "net") == here
            log = os.readlink(process / "fd" / "1")
        except OSError:
            continue
        if belongs and command and Path(command[0]).name == program:
            kill(int(process.name))
            with open(log, "a") as output:
                again = ["setsid", "--fork", *command]
                subprocess.run(again, env=environment, stdout=output, stderr=output, check=True)
            return
    raise AssertionError(f"no {program} on this node")


def kill(pid: int) -> None:
    """And wait for the last of its threads: /proc shows an end before that, while its sockets are still bound."""
    process = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        assert select.select([process], [], [], 30)[0], f"process {pid} does not end"
    finally:
        os.close(process)


@pytest.mark.parametrize("program", ["kube-apiserver", "kubelet", "containerd"])
def test_f21_pods_serve_on_while_a_part_of_kubernetes_restarts(release: Release, load: Load, program: str) -> None:
    before = release.restarts()

    restart(program)
    wait_for("the API server", lambda: kubectl_succeeds("get", "--raw", "/readyz"))
    wait_for("1,000 requests", lambda: len(load.outcomes) >= 1_000)
    release.delete(release.pods()[0])
    wait_for("a replacement, which needs all of them", lambda: release.ready_pods() == PODS == len(release.pods()))

    assert release.restarts() == before


def kubectl_succeeds(*args: str) -> bool:
    try:
        return bool(kubectl(*args))
    except AssertionError:
        return False


def test_f5_the_drain_of_the_only_node_stops_at_the_disruption_budget(release: Release, load: Load) -> None:
    """One pod may go, its replacement finds no node, so the other one has to stay."""
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
