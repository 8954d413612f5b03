"""A bucket that pods cannot reach, or with bad objects, while clients send requests."""

import os
import time

import pytest
import requests

from e2e.bucket_release import PODS, install, is_healthy, wait_for_logs
from e2e.cluster import Bucket, Release, wait_for
from e2e.node import assert_only_in_flight_failed, bucket_unreachable, busiest_pod, kill_server
from e2e.traffic import Load

pytestmark = pytest.mark.full
OUTAGE_SECONDS = int(os.environ.get("OUTAGE_SECONDS", "30"))


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release, bucket: Bucket) -> None:
    """Install a release that reads everything from the bucket."""
    install(release, bucket)


@pytest.mark.node
def test_pod_that_starts_without_the_bucket_waits_for_it(release: Release, load: Load) -> None:
    with bucket_unreachable():
        release.delete(release.pods()[0])
        waiting = release.pods()[-1]
        wait_for("the reason in its log", lambda: "trying again" in release.logs(waiting))
        assert release.ready_pods() == PODS - 1
    began = time.monotonic()
    wait_for("the pod", lambda: is_healthy(release))
    print(f"ready {time.monotonic() - began:.0f} s after the bucket came back")

    started = release.pods()[-1]
    assert started["metadata"]["name"] == waiting["metadata"]["name"]
    assert [state["restartCount"] for state in started["status"]["containerStatuses"]] == [0]
    assert not load.failed


@pytest.mark.node
def test_restart_without_the_bucket_serves_from_the_cache(release: Release, load: Load) -> None:
    before = release.restarts()
    with bucket_unreachable():
        wait_for("a rejected reload", lambda: release.version()["reloads"]["rejected"] > 0)
        end = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < end:
            assert requests.get(f"{release.url}/readyz", timeout=30).status_code == 200
            time.sleep(1)
        assert not load.failed
        assert is_healthy(release)
        began = time.monotonic()
        ports = kill_server(busiest_pod(release.pods()))
        wait_for("the restart", lambda: release.restarts() == before + 1)
        wait_for("readiness from the cache", lambda: is_healthy(release))
        print(f"ready from the cache {time.monotonic() - began:.0f} s after a kill, without the bucket")
    assert_only_in_flight_failed(load.failed, ports)


@pytest.mark.parametrize(
    "bad", [b"", b"<html>not found</html>", b"flipped", b"cut"], ids=["empty", "html", "flipped", "cut"]
)
def test_model_that_its_manifest_does_not_name_is_rejected(
    release: Release, bucket: Bucket, load: Load, bad: bytes
) -> None:
    good = bucket.get("faults/model.pkl")
    if bad == b"flipped":
        bad = good[:1000] + bytes([good[1000] ^ 1]) + good[1001:]
    elif bad == b"cut":
        bad = good[: len(good) // 2]
    version = release.version()["model"]
    wait_for_logs(release, "reload rejected", lambda: bucket.put("faults/model.pkl", bad))
    bucket.put("faults/model.pkl", good)

    assert load.versions == {version}
    assert not load.failed
    assert is_healthy(release)
