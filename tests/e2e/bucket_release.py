"""A release that reads its model, users and key from the bucket, where the tests change them."""

import json
import secrets
from collections.abc import Callable

from werkzeug.security import generate_password_hash

from e2e.cluster import CHART, Bucket, Release, wait_for

PODS = 3
USERS = {"census": generate_password_hash("census"), "ada": generate_password_hash("lovelace")}
KEY = secrets.token_urlsafe(32)
IN_BUCKET: dict[str, object] = {
    "replicaCount": PODS,
    "credentials.existingSecret": "",
    "config.reload_interval_seconds": 1,
    "config.model_path": "gs://models/faults/model.pkl",
    "config.prediction_decoding": "gs://models/faults/prediction_decoding.json",
    "config.users": "gs://models/faults/users.json",
    "config.secret": "gs://models/faults/secret.txt",
}


def install(release: Release, bucket: Bucket) -> None:
    """Write model, users and key to the bucket, and install a release that serves them."""
    for name in ("manifest.json", *json.loads(bucket.get("census/manifest.json"))["files"]):
        bucket.put(f"faults/{name}", bucket.get(f"census/{name}"))
    bucket.put("faults/users.json", json.dumps(USERS).encode())
    bucket.put("faults/secret.txt", KEY.encode())
    release.upgrade(CHART / "ci" / "article-values.yaml", IN_BUCKET)


def is_healthy(release: Release) -> bool:
    """Return whether there are exactly PODS pods, and all are ready."""
    return release.ready_pods() == PODS == len(release.pods())


def count_in_logs(release: Release, text: str) -> dict[str, int]:
    """Return how often the log of each pod has a text."""
    return {pod["metadata"]["name"]: release.logs(pod).count(text) for pod in release.pods()}


def wait_for_logs(release: Release, text: str, change: Callable[[], None]) -> None:
    """Make a change, and wait until each pod has logged a text once more."""
    before = count_in_logs(release, text)
    change()

    def have_logged() -> bool:
        counts = count_in_logs(release, text)
        return all(counts[pod] > count for pod, count in before.items())

    wait_for(f"all pods to log {text!r}", have_logged)
