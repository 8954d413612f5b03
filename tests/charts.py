"""What the chart's tests share: values that are needed to install, and ways into the objects."""

import base64
from typing import Any

HASH = "scrypt:32768:8:1$salt$" + 128 * "0"
KEY = "k" * 32
MODEL = {"model_path": "gs://models/model.pkl"}
FOREIGN = {"config": MODEL, "credentials": {"existingSecret": "other"}}


def data(secret: dict[str, Any]) -> dict[str, bytes]:
    """A Secret's contents."""
    return {key: base64.b64decode(value) for key, value in secret["data"].items()}


def server(pod: dict[str, Any]) -> dict[str, Any]:
    """The pod's one container."""
    container: dict[str, Any] = pod["spec"]["containers"][0]
    return container


def volume(pod: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The pod's volume of that name."""
    return next((each for each in pod["spec"]["volumes"] if each["name"] == name), None)
