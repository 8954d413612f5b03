"""Pods that are deleted, killed, stopped or out of memory or disk, while clients send requests."""

import os
import signal
import time
from collections import Counter

import pytest
import requests

from e2e.bucket_release import PODS, install, is_healthy
from e2e.cluster import Bucket, Release, kubectl, login, wait_for
from e2e.node import assert_only_in_flight_failed, busiest_pod, client_ports, kill_server, send_signal
from e2e.traffic import PREDICTION, ROW, Failure, Load

pytestmark = pytest.mark.full
SOAK_SECONDS = int(os.environ.get("SOAK_SECONDS", "180"))


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release, bucket: Bucket) -> None:
    """Install a release that reads everything from the bucket."""
    install(release, bucket)


def test_20_deleted_pods_exit_with_0_and_lose_no_request(release: Release, load: Load) -> None:
    deleted = []
    with release.exit_codes() as codes:
        for _ in range(20):
            pod = release.pods()[0]
            release.delete(pod, "--wait=false")
            deleted.append(pod["metadata"]["name"])
            wait_for("the replacement", lambda: is_healthy(release))
        wait_for("the last pod to end", lambda: codes.keys() >= set(deleted))
    wait_for("5,000 requests", lambda: len(load.outcomes) >= 5_000)

    assert {codes[name] for name in deleted} == {0}
    assert not load.failed


@pytest.mark.node
def test_killed_server_loses_only_its_requests_in_flight(release: Release, load: Load) -> None:
    """Each of the ten pods is killed once, because the kubelet delays the second restart of a container."""
    took = []
    for _ in range(10):
        failed, began = len(load.failed), time.monotonic()
        pod = busiest_pod(release.pods())
        ports = kill_server(pod)
        wait_for("the container's restart", lambda: release.restarts() == 1)
        wait_for("readiness", lambda: is_healthy(release))
        took.append(time.monotonic() - began)
        assert_only_in_flight_failed(load.failed[failed:], ports)
        failed = len(load.failed)
        release.delete(pod)
        wait_for("a pod that was never killed", lambda: is_healthy(release) and release.restarts() == 0)
        assert not load.failed[failed:]
    print(f"ready again at most {max(took):.0f} s after a kill")


def test_all_pods_killed_at_once_come_back(release: Release, load: Load) -> None:
    kubectl("--namespace", release.namespace, "delete", "pod", "--all", "--grace-period=0", "--force")
    began = time.monotonic()
    wait_for("all pods", lambda: is_healthy(release))
    print(f"all pods ready again after {time.monotonic() - began:.0f} s")
    wait_for("responses to all clients", lambda: set(load.outcomes[-50:]) == {"200"})
    lost, failed = list(load.failed), len(load.failed)
    load.wait_for_more(100)

    assert_lost_at_most(PODS, lost)
    assert not load.failed[failed:]
    assert release.restarts() == 0


def assert_lost_at_most(killed: int, failures: list[Failure]) -> None:
    """Assert that each client lost maximum one request to each killed pod: the one in flight, which was reset.

    A refused connection is no request, because nothing was sent.
    """
    lost = [failure for failure in failures if failure.port]
    assert {failure.outcome for failure in lost} <= {"reset"}, lost
    assert max(Counter(failure.client for failure in lost).values(), default=0) <= killed, lost


def test_memory_hog_in_one_pod_leaves_other_pods_alone(release: Release, load: Load) -> None:
    """The kernel kills the process beside the server, or both. In the second case the container restarts."""
    before = release.restarts()
    hog = "blocks = [bytearray(16 * 2**20) for _ in range(1000)]"
    with pytest.raises(AssertionError, match="exit 137"):
        release.exec(release.pods()[0], hog)
    wait_for("readiness", lambda: is_healthy(release))

    killed = release.restarts() - before
    print(f"{killed} servers restarted")
    assert killed or not load.failed
    assert_lost_at_most(killed, load.failed)


@pytest.mark.node
def test_hanging_server_is_left_out_and_restarted(release: Release, load: Load) -> None:
    """Requests on its connections wait until the kubelet kills it. Other requests are answered meanwhile."""
    hanging, before, began = busiest_pod(release.pods()), release.restarts(), time.monotonic()
    send_signal(hanging, signal.SIGSTOP)
    wait_for("the pod to be unready", lambda: release.ready_pods() == PODS - 1)
    unready = time.monotonic() - began
    ports = client_ports(hanging)
    wait_for("the restart", lambda: release.restarts() > before)
    restarted = time.monotonic() - began
    wait_for("readiness", lambda: is_healthy(release))
    print(f"not ready after {unready:.0f} s, restarted after {restarted:.0f} s")
    failed = len(load.failed)
    load.wait_for_more(100)

    assert_only_in_flight_failed(load.failed[:failed], ports)
    assert not load.failed[failed:]


def test_full_disk_does_not_stop_a_pod(release: Release, load: Load) -> None:
    """The test fills /tmp up to its limit, above which the kubelet would evict the pod."""
    release.exec(release.pods()[0], "open('/tmp/full', 'wb').write(bytes(60_000_000))")
    headers = {"Authorization": login(release.url)}
    rows = {"inputs": [ROW] * 6_000}
    for _ in range(PODS * 3):
        response = requests.post(f"{release.url}/prediction", json=rows, headers=headers, timeout=60)
        assert response.json()["predictions"] == [PREDICTION] * 6_000
    assert is_healthy(release)
    assert not load.failed


def test_soak_with_a_pod_deleted_each_minute_loses_nothing(release: Release, load: Load) -> None:
    end = time.monotonic() + SOAK_SECONDS
    while time.monotonic() < end:
        release.delete(release.pods()[0], "--wait=false")
        time.sleep(min(60, max(end - time.monotonic(), 0)))
    wait_for("all pods", lambda: is_healthy(release))
    assert not load.failed
