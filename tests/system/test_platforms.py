"""A server started by a platform: routes from the environment, no users and no keys."""

import os
from collections.abc import Iterator

import pytest
import requests

from conftest import WriteFolder
from support.live_server import SECONDS, Launch, Server

ROW = [39, "Private", 14, "Male"]
ANSWERS = {
    "vertex": ("/predict", {"instances": [ROW]}, "/health"),
    "mlflow": ("/invocations", {"inputs": [ROW]}, "/ping"),
}


@pytest.fixture(params=ANSWERS)
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(launch: Launch, published_folder: WriteFolder, protocol: str) -> Iterator[Server]:
    config = published_folder("article")
    expected = config.parent
    config.write_text(
        "model_path: $AIP_STORAGE_URI/model.pkl\n"
        "prediction_decoding: $AIP_STORAGE_URI/prediction_decoding.json\n"
        f"unauthenticated_protocols: [{protocol}]\n"
        "drain_delay_seconds: 0\n"
    )
    for name in ("users.json", "secret.txt"):
        os.unlink(expected / name)
    environment = {
        "AIP_STORAGE_URI": str(expected),
        "AIP_PREDICT_ROUTE": "/predict",
        "AIP_HEALTH_ROUTE": "/health",
    }
    running = launch(config, environment)
    yield running
    running.end()


def test_platform_routes_alone_require_no_token(server: Server, protocol: str) -> None:
    path, body, health = ANSWERS[protocol]

    assert requests.get(server.url + health, timeout=SECONDS).status_code == 200
    response = requests.post(server.url + path, json=body, timeout=SECONDS)
    refused = requests.get(f"{server.url}/login", auth=("census", "census"), timeout=SECONDS)
    other = requests.post(
        f"{server.url}/prediction", json={"inputs": [ROW]}, headers={"Authorization": "a"}, timeout=SECONDS
    )

    assert len(response.json()["predictions"]) == 1
    assert (refused.status_code, other.status_code) == (401, 403)
