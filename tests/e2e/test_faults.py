"""What goes wrong with pods, the bucket and credentials while clients ask. The ids are the README's."""

import json
import os
import secrets
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from cluster import ANSWER, CHART, ROW, Bucket, Load, Release, helm, kubectl, login, send_signal, wait_for
from werkzeug.security import generate_password_hash

ARTICLE = CHART / "ci" / "article-values.yaml"
PODS = 3
SOAK_SECONDS = int(os.environ.get("SOAK_SECONDS", "180"))
OUTAGE_SECONDS = int(os.environ.get("OUTAGE_SECONDS", "30"))
IN_BUCKET = {
    "replicaCount": PODS,
    "credentials.existingSecret": "",
    "config.reload_seconds": 1,
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


@pytest.fixture
def load(release: Release, request: pytest.FixtureRequest) -> Iterator[Load]:
    with Load(release.url).running() as running:
        wait_for("some answers", lambda: len(running.outcomes) > 50)
        yield running
    print(f"{request.node.name}: {running}")


def healthy(release: Release) -> bool:
    return release.ready_pods() == PODS == len(release.pods())


def test_f1_twenty_pods_are_deleted_and_no_request_fails(release: Release, load: Load) -> None:
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


def test_f2_killed_processes_come_back_and_take_only_their_own_requests(release: Release, load: Load) -> None:
    """Each time in a pod where none was killed before: the kubelet pauses before it restarts one a second time."""
    for kills in range(1, 11):
        pod = release.pods()[-1]
        send_signal(pod, signal.SIGKILL)
        wait_for("the container's restart", lambda: release.restarts() == 1, 15)
        wait_for("readiness", lambda: healthy(release), 15)
        release.delete(pod)
        wait_for("a pod that was never killed", lambda: healthy(release) and release.restarts() == 0)
        assert len(load.failed) <= 20 * kills


def test_f3_all_pods_killed_at_once_come_back(release: Release, load: Load) -> None:
    kubectl("--namespace", release.namespace, "delete", "pod", "--all", "--grace-period=0", "--force")
    began = time.monotonic()
    wait_for("all pods", lambda: healthy(release), 30)
    print(f"f3: all pods ready again after {time.monotonic() - began:.0f} s")
    end = len(load.outcomes)
    wait_for("100 more requests", lambda: len(load.outcomes) >= end + 100)

    assert set(load.outcomes[-50:]) == {"200"}
    assert release.restarts() == 0


def test_f4_what_fills_the_memory_of_one_pod_leaves_the_others_alone(release: Release, load: Load) -> None:
    """Whatever the kernel ends for it: a process beside the server, or the server, which is then restarted."""
    hog = "kept = [bytearray(16 * 2**20) for _ in range(1000)]"
    with pytest.raises(AssertionError, match="exit 137"):
        release.exec(release.pods()[0], hog)
    wait_for("readiness", lambda: healthy(release), 30)

    assert len(load.failed) <= 20


def test_f22_a_process_that_hangs_is_restarted(release: Release, load: Load) -> None:
    hanging = release.pods()[0]
    before = release.restarts()
    began = time.monotonic()
    send_signal(hanging, signal.SIGSTOP)
    wait_for("the Service to leave it out", lambda: release.ready_pods() == PODS - 1, 10)
    left_out = time.monotonic() - began
    wait_for("the restart", lambda: release.restarts() > before, 40 - left_out)
    restarted = time.monotonic() - began
    wait_for("readiness", lambda: healthy(release), 30)
    print(f"f22: left out after {left_out:.0f} s, restarted after {restarted:.0f} s")
    assert set(load.outcomes[-50:]) == {"200"}
    assert len(load.failed) <= 20


def test_f6_a_pod_that_starts_without_the_bucket_waits_for_it(release: Release, bucket: Bucket, load: Load) -> None:
    with bucket.away():
        release.delete(release.pods()[0])
        waiting = release.pods()[-1]
        wait_for("the reason in its log", lambda: "trying again" in release.logs(waiting), 60)
        assert release.ready_pods() == PODS - 1
    began = time.monotonic()
    wait_for("the pod", lambda: healthy(release), 60)
    print(f"f6: ready {time.monotonic() - began:.0f} s after the bucket came back")

    assert release.pods()[-1]["metadata"]["name"] == waiting["metadata"]["name"]
    assert release.restarts() == 0 or all(
        state["restartCount"] == 0 for state in release.pods()[-1]["status"]["containerStatuses"]
    )
    assert not load.failed


def test_f7_the_bucket_goes_while_pods_serve_and_one_restarts(release: Release, bucket: Bucket, load: Load) -> None:
    """A restarted container starts from what it has kept."""
    before = release.restarts()
    with bucket.away():
        wait_for("a failed look", lambda: release.version()["reloads"]["refused"] > 0)
        end = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < end:
            assert requests.get(f"{release.url}/readyz", timeout=30).status_code == 200
            time.sleep(1)
        assert not load.failed
        assert healthy(release)
        began = time.monotonic()
        send_signal(release.pods()[-1], signal.SIGKILL)  # the kubelet restarts one at once that never ended before
        wait_for("the restart", lambda: release.restarts() == before + 1, 30)
        wait_for("readiness from the cache", lambda: healthy(release), 15)
        took = time.monotonic() - began
        print(f"f7: {OUTAGE_SECONDS} s without the bucket; ready from the cache {took:.0f} s after a kill")
    assert len(load.failed) <= 20


def refusals(release: Release) -> dict[str, int]:
    """How often each pod has refused to reload something."""
    return {pod["metadata"]["name"]: release.logs(pod).count("reload refused") for pod in release.pods()}


def all_refuse(release: Release, before: dict[str, int]) -> bool:
    now = refusals(release)
    return all(now[name] > before[name] for name in before)


@pytest.mark.parametrize(
    "bad", [b"", b"<html>not found</html>", b"flipped", b"cut"], ids=["empty", "html", "flipped", "cut"]
)
def test_f8_f9_a_model_that_is_not_what_was_published_is_refused(
    release: Release, bucket: Bucket, load: Load, bad: bytes
) -> None:
    """By its hash in the manifest."""
    good = bucket.get("faults/model.pkl")
    if bad == b"flipped":
        bad = good[:1000] + bytes([good[1000] ^ 1]) + good[1001:]
    elif bad == b"cut":
        bad = good[: len(good) // 2]
    version, before = release.version()["model"], refusals(release)
    bucket.put("faults/model.pkl", bad)
    wait_for("all pods to refuse it", lambda: all_refuse(release, before))
    bucket.put("faults/model.pkl", good)

    assert load.versions == {version}
    assert not load.failed
    assert healthy(release)


def test_f13_ten_rotations_of_the_key_let_everyone_in(release: Release, bucket: Bucket) -> None:
    """In two phases: first all verify the new key, then all sign with it; the old one goes when its tokens have."""
    keys = [KEY]
    with Load(release.url, clients=3, pause=0.05, requests_a_login=5).running() as load:
        for _ in range(10):
            keys = [keys[0], secrets.token_urlsafe(32)]
            for ring in ([keys[0], keys[1]], [keys[1], keys[0]]):
                bucket.put("faults/secret.txt", "\n".join(ring).encode())
                time.sleep(4)
            keys.reverse()
    print(f"f13: 10 rotations, {load}")

    assert not load.failed


def test_f13_a_rotation_in_one_step_puts_clients_out_for_a_moment_only(release: Release, bucket: Bucket) -> None:
    """Until all pods have the new key, tokens of one are nothing to another; never a 5xx, and it ends by itself."""
    with Load(release.url, clients=3, pause=0.05, requests_a_login=5).running() as load:
        bucket.put("faults/secret.txt", secrets.token_urlsafe(32).encode())
        wait_for("a refusal", lambda: load.failed, 30)
        wait_for("clients to be let in again", lambda: set(load.outcomes[-50:]) == {"200"}, 90)
    print(f"f13: one step, {load}")

    assert set(load.failed) == {"403"}


def test_f14_a_removed_user_and_a_changed_password_end_their_tokens(
    release: Release, bucket: Bucket, load: Load
) -> None:
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
    wait_for("the changed password to end the token", lambda: is_out(ada), 30)
    ada = enter("ada", "changed")
    bucket.put("faults/users.json", json.dumps({"census": USERS["census"]}).encode())
    wait_for("the removed user's token to end", lambda: is_out(ada), 30)

    assert not load.failed


def test_f23_a_full_disk_does_not_stop_a_pod(release: Release, load: Load) -> None:
    """As much as the kubelet lets it have: with more in /tmp it would evict the pod."""
    release.exec(release.pods()[0], "open('/tmp/full', 'wb').write(bytes(60_000_000))")
    headers = {"Authorization": login(release.url)}
    rows = {"inputs": [ROW] * 6_000}
    for _ in range(PODS * 3):
        answer = requests.post(f"{release.url}/prediction", json=rows, headers=headers, timeout=60)
        assert answer.json()["predictions"] == [ANSWER] * 6_000
    assert healthy(release)
    assert not load.failed


def test_f25_a_soak_with_a_pod_deleted_each_minute_loses_nothing(release: Release, load: Load) -> None:
    end = time.monotonic() + SOAK_SECONDS
    while time.monotonic() < end:
        release.delete(release.pods()[0], "--wait=false")
        time.sleep(min(60, max(end - time.monotonic(), 0)))
    assert not load.failed
    assert len(load.outcomes) >= 50 * SOAK_SECONDS
    assert healthy(release)


def test_t12_no_secret_is_in_a_log_or_in_what_helm_keeps(release: Release, bucket: Bucket) -> None:
    """After all that went before."""
    kept = [bucket.get("faults/secret.txt").decode(), "lovelace", USERS["census"].rpartition("$")[2]]
    told = "".join(release.logs(pod) for pod in release.pods())
    for what in ("values", "manifest", "notes"):
        told += helm("get", what, "ml-census", "--namespace", release.namespace)
    told += kubectl("--namespace", release.namespace, "get", "configmaps,deployments,pods,events", "--output", "yaml")

    assert "ml-census" in told
    assert not [secret for secret in kept if secret in told]
    assert "eyJ" not in told  # how each token begins


def test_t3_guesses_are_slowed_down_at_every_pod(release: Release) -> None:
    """1,000 wrong passwords of one user through the load balancer: each checks five. The user is elsewhere."""
    url = release.url

    def guess(number: int) -> int:
        return requests.get(f"{url}/login", auth=("census", f"wrong{number}"), timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(guess, range(1_000)))
    print(f"t3: 1,000 wrong passwords at {PODS} pods, {dict(answers)}")
    entered = release.exec(release.pods()[0], ENTER)

    assert 0 < answers[401] <= 5 * PODS
    assert set(answers) <= {401, 429, 503}
    assert float(entered) < 2
