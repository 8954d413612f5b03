"""Access to the node of the cluster: signals, connections and programs, if the node is this machine."""

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

from e2e.cluster import GCS, kubectl
from e2e.traffic import Failure


@cache
def skip_reason() -> str:
    """Return the reason why tests cannot access the node, or an empty text.

    Tests need root, one node that is this machine, and the network namespace of its kubelet.
    """
    nodes = json.loads(kubectl("get", "nodes", "--output", "json"))["items"]
    booted = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    if [node["status"]["nodeInfo"]["bootID"] for node in nodes] != [booted]:
        return "needs access to the node: the cluster is not one node on this machine"
    if os.geteuid() != 0:
        return "needs access to the node: this process is not root"
    if not any(program_name(folder) == "kubelet" for folder in local_processes()):
        return "needs access to the node: no kubelet in this network namespace"
    return ""


def local_processes() -> Iterator[Path]:
    """Yield the folders in /proc of the processes in this network namespace."""
    network = os.readlink("/proc/self/ns/net")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(folder / "ns" / "net") == network:
                yield folder
        except OSError:  # ended meanwhile
            continue


def program_name(folder: Path) -> str:
    """Return the name of the program of a process, or an empty text after its end."""
    try:
        return Path((folder / "cmdline").read_text().partition("\0")[0]).name
    except OSError:
        return ""


def restart_program(name: str) -> None:
    """Kill a program of the node and start it again with its command and environment."""
    folder = next(folder for folder in local_processes() if program_name(folder) == name)
    command = (folder / "cmdline").read_text().split("\0")[:-1]
    environment = dict(each.split("=", 1) for each in (folder / "environ").read_text().split("\0")[:-1])
    log = os.readlink(folder / "fd" / "1")
    kill_and_wait(int(folder.name))
    with open(log, "a") as output:
        restarted = ["setsid", "--fork", *command]
        subprocess.run(restarted, env=environment, stdout=output, stderr=output, check=True)


def kill_and_wait(pid: int) -> None:
    """Kill a process and wait for the end of its threads. Its sockets are bound until then."""
    process = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        assert select.select([process], [], [], 30)[0], f"process {pid} does not end"
    finally:
        os.close(process)


def send_signal(pod: dict[str, Any], number: signal.Signals) -> None:
    """Send a signal to process 1 of a pod from the node. No process in the container can kill it."""
    os.kill(process(pod), number)


def process(pod: dict[str, Any]) -> int:
    """Return the id of process 1 of a pod on the node."""
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if container in (folder / "cgroup").read_text():
                return int(folder.name)
        except OSError:  # ended meanwhile
            continue
    raise AssertionError(f"no process of container {container} on this node")


def client_ports(pod: dict[str, Any]) -> set[int]:
    """Return the ports of the clients that are connected to a pod through the Service."""
    address = pod["status"]["podIP"]
    command = ["conntrack", "--dump", "--proto", "tcp", "--reply-src", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    # the first port of a line is the client's, before address translation; probes have the pod as destination
    return {int(port) for port in re.findall(rf"ESTABLISHED src=\S+ dst=(?!{address} )\S+ sport=(\d+)", done.stdout)}


def busiest_pod(pods: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the pod with the most clients. Clients keep their connections, so a new pod has none."""
    pod = max(pods, key=lambda pod: len(client_ports(pod)))
    assert client_ports(pod), "no client is connected to a pod"
    return pod


def kill_server(pod: dict[str, Any]) -> set[int]:
    """Kill process 1 of a pod with SIGKILL. Return the ports of the clients that were connected to it.

    SIGSTOP comes first, so that the process answers no request after its connections are read.
    """
    send_signal(pod, signal.SIGSTOP)
    ports = client_ports(pod)
    send_signal(pod, signal.SIGKILL)
    return ports


def assert_only_in_flight_failed(failures: list[Failure], ports: set[int]) -> None:
    """Assert that maximum one request failed on each of these connections, none elsewhere, and that each was reset.

    A refused connection is no request, because nothing was sent. The Service routes clients to a killed process until
    the kubelet notices its end.
    """
    lost = [failure for failure in failures if failure.port]
    assert {failure.outcome for failure in lost} <= {"reset"}, lost
    assert {failure.port for failure in lost} <= ports, (lost, ports)
    assert len({failure.port for failure in lost}) == len(lost), lost


@contextmanager
def bucket_unreachable() -> Iterator[None]:
    """Refuse new connections to the bucket, and stop responses on open ones."""
    patch = ["--namespace", GCS, "patch", "service", "gcs", "--patch"]
    (pod,) = json.loads(kubectl("--namespace", GCS, "get", "pods", "--output", "json"))["items"]
    kubectl(*patch, '{"spec": {"selector": {"app": "nowhere"}}}')
    send_signal(pod, signal.SIGSTOP)
    try:
        yield
    finally:
        send_signal(pod, signal.SIGCONT)
        kubectl(*patch, '{"spec": {"selector": {"app": "gcs"}}}')
