"""The server process: it starts completely or exits, and stops without losing a request."""

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

import pytest
import requests

from conftest import WriteFolder
from support.live_server import SECONDS, Server, Start

ROW = [39, "Private", 14, "Male"]


def serve(config: Path, port: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `ml-census serve` to its end, for a start that fails."""
    command = [sys.executable, "-m", "ml_census", "serve", "--config", str(config), "--port", str(port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)


def predict(server: Server, token: str, inputs: list[list[int]] | list[list[object]]) -> requests.Response:
    headers = {"Authorization": token}
    return requests.post(f"{server.url}/prediction", json={"inputs": inputs}, headers=headers, timeout=SECONDS)


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
    ids=["model", "users", "config", "secret"],
)
def test_unusable_file_ends_the_start_in_one_line(
    published_folder: WriteFolder, break_it: Callable[[Path], object], message: str
) -> None:
    path = published_folder("logistic")
    break_it(path.parent)

    ended = serve(path)

    (last,) = [line for line in ended.stderr.splitlines() if "WARNING" not in line]
    assert ended.returncode == 1
    assert last.startswith("ml-census: " + message.format(path.parent))


def test_key_of_32_bytes_is_accepted(start: Start, tmp_path: Path) -> None:
    """Accept the minimum length. A test above rejects 31 bytes."""
    (tmp_path / "key").write_text(32 * "x")

    assert start("logistic", secret=str(tmp_path / "key")).token()


def test_unknown_user_and_wrong_password_get_the_same_401(server: Server) -> None:
    unknown, wrong = (server.login(user, "x") for user in ("ada", "census"))

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
def test_revoked_token_is_rejected_while_the_model_is_bad(
    start: Start, tmp_path: Path, file: str, content: dict[str, str] | str
) -> None:
    (tmp_path / "known.json").write_text('{"census": "census", "ada": "lovelace"}')
    server = start("logistic", users=str(tmp_path / "known.json"), reload_interval_seconds=0.2)
    token = server.login("ada", "lovelace").json()["token"]
    (tmp_path / "model.pkl").write_bytes(b"bad")
    assert predict(server, token, [[1, 2]]).status_code == 200

    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / file.replace("users", "known")).write_text(text)
    while (status := predict(server, token, [[1, 2]]).status_code) == 200:
        time.sleep(0.05)

    assert status == 403
    assert server.predict([[1, 2]]).status_code == 200


def test_taken_port_ends_the_start_in_one_line(published_folder: WriteFolder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])

        ended = serve(published_folder("logistic"), port)

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == f"ml-census: --host 127.0.0.1 --port {port}: Address already in use"


@pytest.mark.parametrize("compile", [True, False])
def test_version_and_metric_show_the_other_scikit_learn(
    start: Start, monkeypatch: pytest.MonkeyPatch, compile: bool
) -> None:
    monkeypatch.setattr("sklearn.base.__version__", "1.9.0")

    server = start("logistic", pickled=True, sklearn_version_mismatch="warn", compile=compile)

    version = requests.get(f"{server.url}/version", timeout=SECONDS).json()
    assert version["trained_with_sklearn"] == "1.9.0" != version["scikit-learn"]
    assert any("from version 1.9.0" in line for line in server.log)
    assert server.metrics()["ml_census_version_mismatch",] == 1


def test_sigterm_without_clients_ends_with_exit_0(start: Start) -> None:
    assert start("logistic").stop() == 0


def test_sigint_ends_a_server_in_a_terminal(start: Start) -> None:
    server = start("logistic")

    server.process.send_signal(signal.SIGINT)

    assert server.process.wait(SECONDS) == 130


@pytest.mark.parametrize("answered_by", ["loop", "workers"])
def test_sigterm_loses_no_request_of_keep_alive_clients(start: Start, answered_by: str) -> None:
    """Clients that reconnect after "Connection: close", as a load balancer does, see no failure.

    The loop answers few rows for a compiled model, the workers answer all others.
    """
    server = start("logistic", drain_delay_seconds=0.5, compile=answered_by == "loop")
    token, begun = server.token(), threading.Semaphore(0)
    outcomes: list[int] = []

    def predict_until_close() -> None:
        with requests.Session() as session:
            headers = {"Authorization": token}
            while True:
                response = session.post(
                    f"{server.url}/prediction", json={"inputs": [[1, 2]]}, headers=headers, timeout=SECONDS
                )
                outcomes.append(response.status_code)
                begun.release()
                if response.headers.get("Connection") == "close":
                    return

    with ThreadPoolExecutor(10) as clients:
        running = [clients.submit(predict_until_close) for _ in range(10)]
        for _ in range(30):
            begun.acquire()
        assert server.stop() == 0
        for client in running:
            client.result()

    assert set(outcomes) == {200}


def test_slow_requests_in_flight_are_answered_before_the_end(start: Start) -> None:
    """Send SIGTERM while two of five requests predict and three wait."""
    server = start(compile=False)
    token = server.token()

    with ThreadPoolExecutor(5) as pool:
        statuses = [pool.submit(lambda: predict(server, token, 10_000 * [ROW]).status_code) for _ in range(5)]
        while server.metrics()["ml_census_waiting", "work"] < 3:
            assert not any(status.done() for status in statuses)
        assert server.stop() == 0

        assert [status.result() for status in statuses] == 5 * [200]


def test_drain_serves_new_clients_while_readiness_is_503(start: Start) -> None:
    server = start("logistic", drain_delay_seconds=2)
    token = server.token()
    server.process.send_signal(signal.SIGTERM)
    while (ready := requests.get(f"{server.url}/readyz", timeout=SECONDS)).status_code == 200:
        pass

    response = predict(server, token, [[1, 2]])

    assert (ready.status_code, response.status_code) == (503, 200)
    assert response.headers["Connection"] == "close"
    assert server.process.wait(SECONDS) == 0


def test_half_sent_request_ends_the_drain_at_the_deadline(start: Start) -> None:
    """Allow one second more, as terminationGracePeriodSeconds of the chart does."""
    server = start("logistic", drain_deadline_seconds=1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        connection.sendall(b"POST /prediction HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        while not server.metrics()["ml_census_connections",]:
            pass

        assert server.stop() == 0

    assert any("1 connection(s) still open" in line for line in server.log)
