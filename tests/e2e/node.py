"""Reach into the cluster's node, where it is the machine that the tests run on."""

import json
import os
import re
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from cluster import GCS, kubectl
from traffic import Failure


@cache
def why_not() -> str:
    """The reason why tests cannot reach into the node, "" where they can.

    They need the one node to be this machine, root, and the node's network, where its kubelet runs.
    """
    nodes = json.loads(kubectl("get", "nodes", "--output", "json"))["items"]
    booted = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    if [node["status"]["nodeInfo"]["bootID"] for node in nodes] != [booted]:
        return "reaches into the node: the cluster is not one node on this machine"
    if os.geteuid() != 0:
        return "reaches into the node: needs root"
    if not any(program(folder) == "kubelet" for folder in here()):
        return "reaches into the node: no kubelet in this network namespace"
    return ""


def here() -> Iterator[Path]:
    """The folders in /proc of the processes in this network namespace."""
    network = os.readlink("/proc/self/ns/net")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(folder / "ns" / "net") == network:
                yield folder
        except OSError:  # ended meanwhile
            continue


def program(folder: Path) -> str:
    try:
        return Path((folder / "cmdline").read_text().partition("\0")[0]).name
    except OSError:
        return ""


def restart(name: str) -> None:
    """Kill a program of the node and start it again with its command and environment."""
    folder = next(folder for folder in here() if program(folder) == name)
    command = (folder / "cmdline").read_text().split("\0")[:-1]
    environment = dict(each.split("=", 1) for each in (folder / "environ").read_text().split("\0")[:-1])
    log = os.readlink(folder / "fd" / "1")
    end(int(folder.name))
    with open(log, "a") as output:
        again = ["setsid", "--fork", *command]
        subprocess.run(again, env=environment, stdout=output, stderr=output, check=True)


def end(pid: int) -> None:
    """Kill a process and wait for the last of its threads: until then its sockets are bound, whatever /proc shows."""
    process = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        assert select.select([process], [], [], 30)[0], f"process {pid} does not end"
    finally:
        os.close(process)


def send_signal(pod: dict[str, Any], number: signal.Signals) -> None:
    """Signal process 1 of the pod's container from the node: no process of the container can kill it."""
    os.kill(process(pod), number)


def process(pod: dict[str, Any]) -> int:
    """The id of process 1 of the pod's container."""
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if container in (folder / "cgroup").read_text():
                return int(folder.name)
        except OSError:  # ended meanwhile
            continue
    raise AssertionError(f"no process of container {container} on this node")


def connected(pod: dict[str, Any]) -> set[int]:
    """The ports of clients that are connected to the pod through the Service."""
    address = pod["status"]["podIP"]
    command = ["conntrack", "--dump", "--proto", "tcp", "--reply-src", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    # The first port of a line is the client's own, before any translation of addresses. Probes name the pod itself.
    return {int(port) for port in re.findall(rf"ESTABLISHED src=\S+ dst=(?!{address} )\S+ sport=(\d+)", done.stdout)}


def busiest(pods: list[dict[str, Any]]) -> dict[str, Any]:
    """The pod with the most clients: they keep their connections, so a new pod has none."""
    pod = max(pods, key=lambda pod: len(connected(pod)))
    assert connected(pod), "no client is connected to a pod"
    return pod


def kill(pod: dict[str, Any]) -> set[int]:
    """SIGKILL process 1 of the pod's container. Returns the ports of the clients that were connected to it.

    It is stopped before, so that no request is answered between the look at the connections and the kill.
    """
    send_signal(pod, signal.SIGSTOP)
    ports = connected(pod)
    send_signal(pod, signal.SIGKILL)
    return ports


def only_in_flight_failed(failures: list[Failure], ports: set[int]) -> None:
    """Assert that requests failed on these connections alone, one on each at most, and that each was reset.

    A connection that is refused is no request, because nothing was sent: the Service sends clients to a killed process
    until the kubelet has noticed its end.
    """
    lost = [failure for failure in failures if failure.port]
    assert {failure.outcome for failure in lost} <= {"reset"}, lost
    assert {failure.port for failure in lost} <= ports, (lost, ports)
    assert len({failure.port for failure in lost}) == len(lost), lost


@contextmanager
def bucket_away() -> Iterator[None]:
    """New connections to the bucket are refused, and open ones get no answer."""
    patch = ["--namespace", GCS, "patch", "service", "gcs", "--patch"]
    (pod,) = json.loads(kubectl("--namespace", GCS, "get", "pods", "--output", "json"))["items"]
    kubectl(*patch, '{"spec": {"selector": {"app": "nowhere"}}}')
    send_signal(pod, signal.SIGSTOP)
    try:
        yield
    finally:
        send_signal(pod, signal.SIGCONT)
        kubectl(*patch, '{"spec": {"selector": {"app": "gcs"}}}')
