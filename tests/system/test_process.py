"""The process: it starts whole or not at all, and stops without losing a request."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

Start = Callable[..., Any]


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda folder: (folder / "model.pkl").unlink(), "model_path: {}/model.pkl: not found"),
        (lambda folder: (folder / "users.json").write_text("{"), "users: {}/users.json: not JSON"),
        (lambda folder: (folder / "config.yaml").write_text("a: b"), "config: {}/config.yaml: a: unknown key"),
        (
            lambda folder: (folder / "secret.txt").write_text(31 * "x"),
            "secret: {}/secret.txt: a key is shorter than 32 bytes (RFC 7518, 3.2)",
        ),
    ],
)
def test_what_cannot_be_used_ends_the_start_in_one_line(
    folder: Callable[..., Path], break_it: Callable[[Path], Any], message: str
) -> None:
    path = folder("logistic")
    break_it(path.parent)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    command = [sys.executable, "-m", "ml_census", "serve", "--config", str(path), "--port", str(port)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)

    (last,) = [line for line in ended.stderr.splitlines() if "WARNING" not in line]
    assert ended.returncode == 1
    assert last.startswith("ml-census: " + message.format(path.parent))


def test_a_key_of_32_bytes_is_enough(start: Start, tmp_path: Path) -> None:
    """One of 31 is refused above."""
    (tmp_path / "key").write_text(32 * "x")

    assert start("logistic", secret=str(tmp_path / "key")).token()


def test_an_unknown_user_and_a_wrong_password_are_answered_alike(start: Start) -> None:
    server = start("logistic")

    unknown, wrong = (requests.get(f"{server.url}/login", auth=(user, "x"), timeout=30) for user in ("ada", "census"))

    assert unknown.headers.keys() == wrong.headers.keys()
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content) and wrong.status_code == 401
    different = {name for name in wrong.headers if unknown.headers[name] != wrong.headers[name]}
    assert different <= {"Date", "X-Request-Id"}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("users.json", {"census": "census"}),
        ("users.json", {"census": "census", "ada": "changed"}),
        ("secret.txt", "k" * 32),
    ],
    ids=["a removed user", "a changed password", "a removed key"],
)
def test_who_is_removed_is_out_at_the_next_look_also_while_the_model_is_bad(
    start: Start, tmp_path: Path, file: str, content: Any
) -> None:
    (tmp_path / "known.json").write_text('{"census": "census", "ada": "lovelace"}')
    server = start("logistic", users=str(tmp_path / "known.json"), reload_seconds=0.2)
    token = server.login("ada", "lovelace").json()["token"]

    def status() -> int:
        body, headers = {"inputs": [[1, 2]]}, {"Authorization": token}
        return requests.post(f"{server.url}/prediction", json=body, headers=headers, timeout=30).status_code

    (tmp_path / "model.pkl").write_bytes(b"bad")
    assert status() == 200

    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / file.replace("users", "known")).write_text(text)
    while status() == 200:
        time.sleep(0.05)

    assert status() == 403
    assert server.predict([[1, 2]]).status_code == 200


def test_a_port_that_is_taken_ends_the_start_in_one_line(folder: Callable[..., Path]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        command = [sys.executable, "-m", "ml_census", "serve", "--config", str(folder("logistic")), "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == f"ml-census: --host 127.0.0.1 --port {port}: Address already in use"


@pytest.mark.parametrize("compile", [True, False])
def test_the_version_names_the_other_scikit_learn_that_has_made_the_model(
    start: Start, monkeypatch: pytest.MonkeyPatch, compile: bool
) -> None:
    monkeypatch.setattr("sklearn.base.__version__", "1.9.0")

    server = start("logistic", pickled=True, version_mismatch="warn", compile=compile)

    version = requests.get(f"{server.url}/version", timeout=10).json()
    assert version["made-by-scikit-learn"] == "1.9.0" != version["scikit-learn"]
    assert any("from version 1.9.0" in line for line in server.log)


def test_sigterm_without_clients_ends_with_exit_0(start: Start) -> None:
    assert start("logistic").stop() == 0


def test_sigint_ends_a_server_in_a_terminal(start: Start) -> None:
    server = start("logistic")

    server.process.send_signal(signal.SIGINT)

    assert server.process.wait(10) == 130


@pytest.mark.parametrize("compile", [True, False])
def test_sigterm_loses_no_request_of_busy_keep_alive_clients(start: Start, compile: bool) -> None:
    """Clients that go elsewhere after "Connection: close", as a load balancer does, see no failure; whether it is the
    loop that answers (a compiled model) or the workers."""
    server = start("logistic", drain_delay_seconds=1, compile=compile)
    token = server.token()
    outcomes: list[int] = []

    def ask() -> None:
        with requests.Session() as session:
            while True:
                answer = session.post(
                    f"{server.url}/prediction", json={"inputs": [[1, 2]]}, headers={"Authorization": token}, timeout=30
                )
                outcomes.append(answer.status_code)
                if answer.headers.get("Connection") == "close":
                    return

    clients = [threading.Thread(target=ask) for _ in range(10)]
    for client in clients:
        client.start()
    time.sleep(0.5)

    assert server.stop() == 0
    for client in clients:
        client.join(30)
    assert len(outcomes) >= 20
    assert set(outcomes) == {200}


def test_slow_requests_in_flight_are_answered_before_the_end(start: Start) -> None:
    """Two of five predict when SIGTERM comes, the others wait for them."""
    server = start(compile=False)
    body, headers = {"inputs": 10_000 * [[39, "Private", 14, "Male"]]}, {"Authorization": server.token()}

    def ask(_number: int) -> int:
        return requests.post(f"{server.url}/prediction", json=body, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(5) as pool:
        statuses = pool.map(ask, range(5))
        while server.metrics()["ml_census_waiting", "work"] < 3:
            pass
        assert server.stop() == 0

        assert list(statuses) == 5 * [200]


def test_during_the_drain_new_clients_are_served_and_readiness_is_503(start: Start) -> None:
    server = start("logistic", drain_delay_seconds=2)
    token = server.token()
    server.process.send_signal(signal.SIGTERM)
    while (ready := requests.get(f"{server.url}/readyz", timeout=10)).status_code == 200:
        pass

    answer = requests.post(
        f"{server.url}/prediction", json={"inputs": [[1, 2]]}, headers={"Authorization": token}, timeout=10
    )

    assert (ready.status_code, answer.status_code) == (503, 200)
    assert answer.headers["Connection"] == "close"
    assert server.process.wait(30) == 0


def test_a_half_sent_request_ends_the_drain_at_the_deadline(start: Start) -> None:
    """Kubernetes kills a second later, if the chart's terminationGracePeriodSeconds is as short as it may be."""
    server = start(compile=False, drain_deadline_seconds=1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(2) == 0
    server.stop()
    assert any("1 connection(s) still open" in line for line in server.log)
