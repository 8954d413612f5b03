"""Pods, the bucket and credentials fail while clients ask."""

import json
import os
import secrets
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from cluster import CHART, Bucket, Release, helm, kubectl, login, wait_for
from node import bucket_away, busiest, connected, kill, only_in_flight_failed, send_signal
from traffic import ANSWER, ROW, Failure, Load
from werkzeug.security import generate_password_hash

pytestmark = pytest.mark.full
node = pytest.mark.node
ARTICLE = CHART / "ci" / "article-values.yaml"
PODS = 3
SOAK_SECONDS = int(os.environ.get("SOAK_SECONDS", "180"))
OUTAGE_SECONDS = int(os.environ.get("OUTAGE_SECONDS", "30"))
IN_BUCKET = {
    "replicaCount": PODS,
    "credentials.existingSecret": "",
    "config.reload_interval_seconds": 1,
    "config.model_path": "gs://models/faults/model.pkl",
    "config.prediction_decoding": "gs://models/faults/prediction_decoding.json",
    "config.users": "gs://models/faults/users.json",
    "config.secret": "gs://models/faults/secret.txt",
}
USERS = {"census": generate_password_hash("census"), "ada": generate_password_hash("lovelace")}
KEY = secrets.token_urlsafe(32)
ENTER = """
import time, requests
began = time.monotonic()
requests.get("http://127.0.0.1:5090/login", auth=("census", "census")).json()["token"]
print(time.monotonic() - began)
"""


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release, bucket: Bucket) -> None:
    for name in ("manifest.json", *json.loads(bucket.get("census/manifest.json"))["files"]):
        bucket.put(f"faults/{name}", bucket.get(f"census/{name}"))
    bucket.put("faults/users.json", json.dumps(USERS).encode())
    bucket.put("faults/secret.txt", KEY.encode())
    release.upgrade(ARTICLE, **IN_BUCKET)


def healthy(release: Release) -> bool:
    return release.ready_pods() == PODS == len(release.pods())


def test_20_deleted_pods_exit_with_0_and_lose_no_request(release: Release, load: Load) -> None:
    deleted = []
    with release.exit_codes() as codes:
        for _ in range(20):
            pod = release.pods()[0]
            release.delete(pod, "--wait=false")
            deleted.append(pod["metadata"]["name"])
            wait_for("the replacement", lambda: healthy(release))
        wait_for("the last pod to end", lambda: codes.keys() >= set(deleted))
    wait_for("5,000 requests", lambda: len(load.outcomes) >= 5_000)

    assert {codes[name] for name in deleted} == {0}
    assert not load.failed


@node
def test_killed_server_loses_only_its_requests_in_flight(release: Release, load: Load) -> None:
    """Ten times, in a pod without a kill before: the kubelet waits before it restarts a container a second time."""
    took = []
    for _ in range(10):
        failed, began = len(load.failed), time.monotonic()
        pod = busiest(release.pods())
        ports = kill(pod)
        wait_for("the container's restart", lambda: release.restarts() == 1)
        wait_for("readiness", lambda: healthy(release))
        took.append(time.monotonic() - began)
        only_in_flight_failed(load.failed[failed:], ports)
        failed = len(load.failed)
        release.delete(pod)
        wait_for("a pod that was never killed", lambda: healthy(release) and release.restarts() == 0)
        assert not load.failed[failed:]
    print(f"ready again at most {max(took):.0f} s after a kill")


def test_all_pods_killed_at_once_come_back(release: Release, load: Load) -> None:
    kubectl("--namespace", release.namespace, "delete", "pod", "--all", "--grace-period=0", "--force")
    began = time.monotonic()
    wait_for("all pods", lambda: healthy(release))
    print(f"all pods ready again after {time.monotonic() - began:.0f} s")
    wait_for("each client's next answer", lambda: set(load.outcomes[-50:]) == {"200"})
    lost, failed, end = list(load.failed), len(load.failed), len(load.outcomes)
    wait_for("100 more requests", lambda: len(load.outcomes) >= end + 100)

    lost_at_most(PODS, lost)
    assert not load.failed[failed:]
    assert release.restarts() == 0


def lost_at_most(killed: int, failures: list[Failure]) -> None:
    """Assert that each client lost one request at most to each killed pod: the request in flight, which was reset.

    A connection that is refused is no request, because nothing was sent.
    """
    lost = [failure for failure in failures if failure.port]
    assert {failure.outcome for failure in lost} <= {"reset"}, lost
    assert max(Counter(failure.client for failure in lost).values(), default=0) <= killed, lost


def test_memory_hog_in_one_pod_leaves_other_pods_alone(release: Release, load: Load) -> None:
    """The kernel kills the process beside the server, or both: then the container restarts."""
    before = release.restarts()
    hog = "kept = [bytearray(16 * 2**20) for _ in range(1000)]"
    with pytest.raises(AssertionError, match="exit 137"):
        release.exec(release.pods()[0], hog)
    wait_for("readiness", lambda: healthy(release))

    killed = release.restarts() - before
    print(f"{killed} servers restarted")
    assert killed or not load.failed
    lost_at_most(killed, load.failed)


@node
def test_hanging_server_is_left_out_and_restarted(release: Release, load: Load) -> None:
    """Requests on its connections get no answer until the kubelet kills it. Other requests are answered meanwhile."""
    hanging, before, began = busiest(release.pods()), release.restarts(), time.monotonic()
    send_signal(hanging, signal.SIGSTOP)
    wait_for("the Service to leave it out", lambda: release.ready_pods() == PODS - 1)
    left_out = time.monotonic() - began
    ports = connected(hanging)
    wait_for("the restart", lambda: release.restarts() > before)
    restarted = time.monotonic() - began
    wait_for("readiness", lambda: healthy(release))
    print(f"left out after {left_out:.0f} s, restarted after {restarted:.0f} s")
    failed, end = len(load.failed), len(load.outcomes)
    wait_for("100 more requests", lambda: len(load.outcomes) >= end + 100)

    only_in_flight_failed(load.failed[:failed], ports)
    assert not load.failed[failed:]


@node
def test_pod_that_starts_without_the_bucket_waits_for_it(release: Release, load: Load) -> None:
    with bucket_away():
        release.delete(release.pods()[0])
        waiting = release.pods()[-1]
        wait_for("the reason in its log", lambda: "trying again" in release.logs(waiting))
        assert release.ready_pods() == PODS - 1
    began = time.monotonic()
    wait_for("the pod", lambda: healthy(release))
    print(f"ready {time.monotonic() - began:.0f} s after the bucket came back")

    started = release.pods()[-1]
    assert started["metadata"]["name"] == waiting["metadata"]["name"]
    assert [state["restartCount"] for state in started["status"]["containerStatuses"]] == [0]
    assert not load.failed


@node
def test_restart_without_the_bucket_serves_from_the_cache(release: Release, load: Load) -> None:
    before = release.restarts()
    with bucket_away():
        wait_for("a failed look", lambda: release.version()["reloads"]["rejected"] > 0)
        end = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < end:
            assert requests.get(f"{release.url}/readyz", timeout=30).status_code == 200
            time.sleep(1)
        assert not load.failed
        assert healthy(release)
        began = time.monotonic()
        ports = kill(busiest(release.pods()))
        wait_for("the restart", lambda: release.restarts() == before + 1)
        wait_for("readiness from the cache", lambda: healthy(release))
        print(f"ready from the cache {time.monotonic() - began:.0f} s after a kill, without the bucket")
    only_in_flight_failed(load.failed, ports)


def refusals(release: Release) -> dict[str, int]:
    """How often each pod has refused to reload something."""
    return {pod["metadata"]["name"]: release.logs(pod).count("reload rejected") for pod in release.pods()}


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
    version, before = release.version()["model"], refusals(release)
    bucket.put("faults/model.pkl", bad)
    wait_for("all pods to refuse it", lambda: more_than(before, refusals(release)))
    bucket.put("faults/model.pkl", good)

    assert load.versions == {version}
    assert not load.failed
    assert healthy(release)


def key_reloads(release: Release) -> dict[str, int]:
    """How often each pod has reloaded the keys."""
    return {pod["metadata"]["name"]: release.logs(pod).count("reloaded: secret;") for pod in release.pods()}


def test_ten_key_rotations_in_two_phases_reject_no_token(release: Release, bucket: Bucket) -> None:
    """All pods verify the new key before a pod signs with it. The old key goes when its tokens have expired."""
    keys = [KEY]
    with Load(release.url, clients=3, pause=0.05, requests_a_login=5).running() as load:
        for _ in range(10):
            keys = [keys[0], secrets.token_urlsafe(32)]
            for ring in ([keys[0], keys[1]], [keys[1], keys[0]]):
                before, asked = key_reloads(release), len(load.outcomes)
                bucket.put("faults/secret.txt", "\n".join(ring).encode())
                wait_for("all pods to reload", lambda: more_than(before, key_reloads(release)))  # noqa: B023
                wait_for("logins with the new ring", lambda: len(load.outcomes) >= asked + 30)  # noqa: B023
            keys.reverse()
    print(f"10 rotations, {load}")

    assert not load.failed


def more_than(before: dict[str, int], now: dict[str, int]) -> bool:
    return all(now[name] > before[name] for name in before)


def test_key_rotation_in_one_step_rejects_tokens_for_a_moment(release: Release, bucket: Bucket) -> None:
    """Until all pods have the new key, a pod rejects the tokens of another with a 403; after that none is rejected."""
    with Load(release.url, clients=3, pause=0.05, requests_a_login=5).running() as load:
        before = key_reloads(release)
        bucket.put("faults/secret.txt", secrets.token_urlsafe(32).encode())
        wait_for("all pods to reload", lambda: more_than(before, key_reloads(release)))
        asked = len(load.outcomes)
        wait_for("each client's next login", lambda: len(load.outcomes) >= asked + 30)
        failed, asked = len(load.failed), len(load.outcomes)
        wait_for("100 more requests", lambda: len(load.outcomes) >= asked + 100)
    print(f"a rotation in one step, {load}")

    assert {failure.outcome for failure in load.failed} == {"403"}
    assert not load.failed[failed:]


def test_removed_user_and_changed_password_end_their_tokens(release: Release, bucket: Bucket, load: Load) -> None:
    def enter(user: str, password: str) -> str:
        return str(requests.get(f"{release.url}/login", auth=(user, password), timeout=30).json().get("token"))

    def is_out(token: str) -> bool:
        statuses = [
            requests.post(
                f"{release.url}/prediction", json={"inputs": [ROW]}, headers={"Authorization": token}, timeout=30
            ).status_code
            for _ in range(10)
        ]
        return set(statuses) == {403}

    ada = enter("ada", "lovelace")
    bucket.put("faults/users.json", json.dumps(USERS | {"ada": generate_password_hash("changed")}).encode())
    wait_for("the changed password to end the token", lambda: is_out(ada))
    ada = enter("ada", "changed")
    bucket.put("faults/users.json", json.dumps({"census": USERS["census"]}).encode())
    wait_for("the removed user's token to end", lambda: is_out(ada))

    assert not load.failed


def test_full_disk_does_not_stop_a_pod(release: Release, load: Load) -> None:
    """/tmp is as full as it may be: with more the kubelet would evict the pod."""
    release.exec(release.pods()[0], "open('/tmp/full', 'wb').write(bytes(60_000_000))")
    headers = {"Authorization": login(release.url)}
    rows = {"inputs": [ROW] * 6_000}
    for _ in range(PODS * 3):
        answer = requests.post(f"{release.url}/prediction", json=rows, headers=headers, timeout=60)
        assert answer.json()["predictions"] == [ANSWER] * 6_000
    assert healthy(release)
    assert not load.failed


def test_soak_with_a_pod_deleted_each_minute_loses_nothing(release: Release, load: Load) -> None:
    end = time.monotonic() + SOAK_SECONDS
    while time.monotonic() < end:
        release.delete(release.pods()[0], "--wait=false")
        time.sleep(min(60, max(end - time.monotonic(), 0)))
    wait_for("all pods", lambda: healthy(release))
    assert not load.failed


def test_secrets_are_in_no_log_and_in_nothing_helm_keeps(release: Release, bucket: Bucket) -> None:
    """Runs after the tests of this module that log in and change keys and users."""
    kept = [bucket.get("faults/secret.txt").decode(), "lovelace", USERS["census"].rpartition("$")[2]]
    shown = "".join(release.logs(pod) for pod in release.pods())
    for what in ("values", "manifest", "notes"):
        shown += helm("get", what, "ml-census", "--namespace", release.namespace)
    shown += kubectl("--namespace", release.namespace, "get", "configmaps,deployments,pods,events", "--output", "yaml")

    assert "ml-census" in shown
    assert not [secret for secret in kept if secret in shown]
    assert "eyJ" not in shown  # how each token begins


def test_wrong_passwords_are_throttled_by_every_pod(release: Release) -> None:
    """1,000 wrong passwords of one user through the load balancer: each pod checks five. The user's own address,
    another one, may log in."""
    url = release.url

    def guess(number: int) -> int:
        return requests.get(f"{url}/login", auth=("census", f"wrong{number}"), timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(guess, range(1_000)))
    print(f"1,000 wrong passwords at {PODS} pods, {dict(answers)}")
    print(f"the user logs in from another address in {float(release.exec(release.pods()[0], ENTER)):.1f} s")

    assert 0 < answers[401] <= 5 * PODS
    assert set(answers) <= {401, 429, 503}
