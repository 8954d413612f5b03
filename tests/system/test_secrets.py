"""No password, token, key or row of data is written to a log or a metric."""

import base64
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from werkzeug.security import generate_password_hash

from conftest import KEY
from support.live_server import SECONDS, Start

PASSWORD, CATEGORY = "canary-password", "canary-category"
ENCODED = base64.b64encode(PASSWORD.encode()).decode()
ROW = [39, "Private", 14, "Male"]
HOSTILE = [
    [[1e39, CATEGORY, 14, "Male"]],
    [[39, CATEGORY, CATEGORY, "Male"]],
    [[39, CATEGORY, 14]],
    [{"nothing": CATEGORY}],
    CATEGORY,
    [],
]


def requests_of_each_kind(url: str, token: str) -> Iterator[requests.Response]:
    """Yield one response of each kind that a client can get."""
    headers = {"Authorization": token}
    for user in ("census", "nobody", PASSWORD):
        yield requests.get(f"{url}/login", auth=(user, PASSWORD), timeout=SECONDS)
    for credentials in (f"Basic {PASSWORD}", f"Basic {ENCODED}"):
        yield requests.get(f"{url}/login", headers={"Authorization": credentials}, timeout=SECONDS)
    for name in range(6):  # the last one is throttled
        yield requests.get(f"{url}/login", auth=("guessed", f"{PASSWORD}{name}"), timeout=SECONDS)
    for inputs in ([ROW], [[39, CATEGORY, 14, "Male"]], *HOSTILE):
        for route in ("prediction", "prediction?proba=true&warnings=true", f"prediction?token={token}"):
            yield requests.post(f"{url}/{route}", headers=headers, json={"inputs": inputs}, timeout=SECONDS)
        yield requests.post(
            f"{url}/v1/models/model:predict", headers=headers, json={"instances": inputs}, timeout=SECONDS
        )
        yield requests.post(f"{url}/v2/models/model/infer", headers=headers, json={"inputs": inputs}, timeout=SECONDS)
        yield requests.post(f"{url}/invocations", headers=headers, json={"inputs": inputs}, timeout=SECONDS)
    for wrong in (token[:-4], f"Bearer {token}x", PASSWORD):
        body = {"inputs": [[39, CATEGORY, 14, "Male"]]}
        yield requests.post(f"{url}/prediction", headers={"Authorization": wrong}, json=body, timeout=SECONDS)
    for data in (f'{{"inputs": [["{CATEGORY}"', 1_500_000 * "x", 3_000_000 * "x"):
        sent = headers | {"Content-Type": "application/json"}
        yield requests.post(f"{url}/prediction", headers=sent, data=data, timeout=SECONDS)
    sent = headers | {"Content-Type": "text/plain"}
    yield requests.post(f"{url}/prediction", headers=sent, data=CATEGORY, timeout=SECONDS)
    yield requests.put(f"{url}/prediction", headers=headers, data=CATEGORY, timeout=SECONDS)
    yield requests.get(f"{url}/{PASSWORD}/{token}", headers=headers, timeout=SECONDS)
    yield requests.get(f"{url}/schema", headers=headers, timeout=SECONDS)
    yield requests.post(
        f"{url}/prediction", headers=headers | {"Transfer-Encoding": CATEGORY}, data="x", timeout=SECONDS
    )
    yield requests.post(f"{url}/prediction", headers=headers | {"X-Row": 1200 * CATEGORY + PASSWORD}, timeout=SECONDS)
    with ThreadPoolExecutor(30) as pool:  # one hash at a time, and eight that wait
        yield from pool.map(lambda name: requests.get(f"{url}/login", auth=(f"{CATEGORY}{name}", PASSWORD)), range(30))


def send_unfinished(port: int, token: str) -> int:
    """Return the status of a request whose body never ends."""
    head = f"POST /{PASSWORD} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(head.encode() + CATEGORY.encode())
        return int(connection.recv(65536).split()[1])


def test_logs_and_metrics_contain_no_secret(start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    users = tmp_path / "hashed.json"  # the work of a hash is what makes others wait
    users.write_text(json.dumps({"census": generate_password_hash("census")}))
    server = start(users=str(users), access_log=True, reload_interval_seconds=0.2, request_timeout_seconds=1)
    token = server.token()

    statuses = Counter(response.status_code for response in requests_of_each_kind(server.url, token))
    statuses[send_unfinished(server.port, token)] += 1
    metrics = str(server.metrics())
    users.write_text(json.dumps({"census": {"password": PASSWORD}}))
    while not any("reload rejected" in line for line in server.log):
        time.sleep(0.1)
    server.stop()

    written = "".join(server.log) + capfd.readouterr().out + metrics
    assert set(statuses) == {200, 400, 401, 403, 404, 405, 408, 413, 415, 429, 431, 503}
    assert written.count("POST /prediction 200") >= 4
    for secret in (PASSWORD, ENCODED, CATEGORY, token, token.rpartition(".")[2], KEY):
        assert secret not in written
