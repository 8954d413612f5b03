"""Values that are needed to install the chart, and ways into its objects."""

import base64
from typing import Any

HASH = "scrypt:32768:8:1$salt$" + 128 * "0"
KEY = "k" * 32
IMAGE = {"image": {"repository": "registry.example/ml-census"}}
MODEL = {"model_path": "gs://models/model.pkl"}
FOREIGN = IMAGE | {"config": MODEL, "credentials": {"existingSecret": "other"}}
BATCH: dict[str, Any] = {
    "enabled": True,
    "input": "gs://a/rows",
    "output": "gs://a/predictions",
    "schedule": "0 2 * * *",
}
GOOGLE_ALERTS = {"metrics": {"podMonitoring": True, "alerts": True}, "batch": BATCH}
OPERATOR_ALERTS = {"metrics": {"serviceMonitor": True, "alerts": True}, "batch": BATCH}
"""Values with all alerts, for Google's managed Prometheus and for the Prometheus Operator."""


def data(secret: dict[str, Any]) -> dict[str, bytes]:
    """Return a Secret's contents."""
    return {key: base64.b64decode(value) for key, value in secret["data"].items()}


def server(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the pod's only container."""
    container: dict[str, Any] = pod["spec"]["containers"][0]
    return container


def volume(pod: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the pod's only volume of that name."""
    found: list[dict[str, Any]] = [each for each in pod["spec"]["volumes"] if each["name"] == name]
    assert len(found) == 1, f"{len(found)} volumes named {name}"
    return found[0]
