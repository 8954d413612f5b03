"""Users and keys that change, wrong passwords, and secrets in logs. The tests run in this order."""

import json
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from werkzeug.security import generate_password_hash

from e2e.bucket_release import KEY, PODS, USERS, install, wait_for_logs
from e2e.cluster import Bucket, Release, helm, kubectl, wait_for
from e2e.traffic import ROW, Load

pytestmark = pytest.mark.full
TIMED_LOGIN = """
import time, requests
began = time.monotonic()
requests.get("http://127.0.0.1:5090/login", auth=("census", "census")).json()["token"]
print(time.monotonic() - began)
"""


@pytest.fixture(scope="module", autouse=True)
def installed(release: Release, bucket: Bucket) -> None:
    """Install a release that reads everything from the bucket."""
    install(release, bucket)


def rotate(release: Release, bucket: Bucket, *keys: str) -> None:
    """Replace the keys, and wait until all pods have reloaded them."""
    content = "\n".join(keys).encode()
    wait_for_logs(release, "reloaded: secret;", lambda: bucket.put("faults/secret.txt", content))


def test_ten_key_rotations_in_two_phases_reject_no_token(release: Release, bucket: Bucket) -> None:
    """All pods verify the new key before a pod signs with it. The old key is removed after its tokens have expired."""
    keys = [KEY]
    with Load(release.url, clients=3, pause=0.05, requests_per_login=5).running() as load:
        for _ in range(10):
            keys = [keys[0], secrets.token_urlsafe(32)]
            for ring in (keys, keys[::-1]):
                rotate(release, bucket, *ring)
                load.wait_for_more(30)  # each client logs in with the new keys
            keys.reverse()
    print(f"10 rotations, {load}")

    assert not load.failed


def test_key_rotation_in_one_step_rejects_tokens_for_a_moment(release: Release, bucket: Bucket) -> None:
    """A pod rejects the tokens of another pod with 403 until all pods have the new key."""
    with Load(release.url, clients=3, pause=0.05, requests_per_login=5).running() as load:
        rotate(release, bucket, secrets.token_urlsafe(32))
        load.wait_for_more(30)  # each client logs in with the new key
        failed = len(load.failed)
        load.wait_for_more(100)
    print(f"a rotation in one step, {load}")

    assert {failure.outcome for failure in load.failed} == {"403"}
    assert not load.failed[failed:]


def test_removed_user_and_changed_password_end_their_tokens(release: Release, bucket: Bucket, load: Load) -> None:
    def log_in(user: str, password: str) -> str:
        return str(requests.get(f"{release.url}/login", auth=(user, password), timeout=30).json().get("token"))

    def is_rejected(token: str) -> bool:
        statuses = [
            requests.post(
                f"{release.url}/prediction", json={"inputs": [ROW]}, headers={"Authorization": token}, timeout=30
            ).status_code
            for _ in range(10)
        ]
        return set(statuses) == {403}

    ada = log_in("ada", "lovelace")
    bucket.put("faults/users.json", json.dumps(USERS | {"ada": generate_password_hash("changed")}).encode())
    wait_for("the changed password to end the token", lambda: is_rejected(ada))
    ada = log_in("ada", "changed")
    bucket.put("faults/users.json", json.dumps({"census": USERS["census"]}).encode())
    wait_for("the removed user's token to end", lambda: is_rejected(ada))

    assert not load.failed


def test_secrets_are_in_no_log_and_in_nothing_helm_keeps(release: Release, bucket: Bucket) -> None:
    """The tests before this one log in and change keys and users."""
    confidential = [bucket.get("faults/secret.txt").decode(), "lovelace", USERS["census"].rpartition("$")[2]]
    shown = "".join(release.logs(pod) for pod in release.pods())
    for what in ("values", "manifest", "notes"):
        shown += helm("get", what, "ml-census", "--namespace", release.namespace)
    shown += kubectl("--namespace", release.namespace, "get", "configmaps,deployments,pods,events", "--output", "yaml")

    assert "ml-census" in shown
    assert not [secret for secret in confidential if secret in shown]
    assert "eyJ" not in shown  # the beginning of each token


def test_wrong_passwords_are_throttled_by_every_pod(release: Release) -> None:
    """Each pod checks five of 1,000 wrong passwords of one user. The user can log in from another address."""
    url = release.url

    def guess(number: int) -> int:
        return requests.get(f"{url}/login", auth=("census", f"wrong{number}"), timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(guess, range(1_000)))
    print(f"1,000 wrong passwords at {PODS} pods, {dict(statuses)}")
    print(f"the user logs in from another address in {float(release.exec(release.pods()[0], TIMED_LOGIN)):.1f} s")

    assert 0 < statuses[401] <= 5 * PODS
    assert set(statuses) <= {401, 429, 503}
