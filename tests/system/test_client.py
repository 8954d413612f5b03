"""The client and `ml-census predict` with many rows, against a real server and a proxy that fails."""

import csv
import http.client
import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests

from conftest import write_published
from ml_census.client import csv_input, csv_output, csv_scoring
from ml_census.client.csv_input import ScoringError
from ml_census.client.session import Client, ClientError
from support.live_server import SECONDS, Launch, Server, Start, sigint_not_ignored

NAMES = ["age", "workclass", "education-num", "sex"]
WORK, SEX = ["Private", "Self-emp", "State-gov"], ["Male", "Female"]
ROWS = [[20 + number % 60, WORK[number % 3], number % 16, SEX[number % 2]] for number in range(1000)]


class Proxy(ThreadingHTTPServer):
    """A proxy in front of a server, which follows a plan.

    `plan` lists the replies to the next predictions: a status, a status and its Retry-After, "close", or "" to forward.
    A step that begins with "hold" waits until `go_on` is set. With `moved_to`, the proxy redirects each request.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.backend = port
        self.plan: list[str] = []
        self.moved_to = ""
        self.received: list[tuple[str, str]] = []
        """Path and Authorization of each request."""
        self.held, self.go_on = threading.Event(), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urlsplit(self.path).path  # a client sends the whole URL to an HTTP proxy
        self.server.received.append((path, self.headers.get("Authorization", "")))
        if self.server.moved_to:
            self._reply(301, b"", {"Location": self.server.moved_to + path})
            return
        step = self.server.plan.pop(0) if self.server.plan and path == "/prediction" else ""
        if step.startswith("hold"):
            self.server.held.set()
            self.server.go_on.wait(SECONDS)
            step = step.removeprefix("hold").strip()
        if step == "close":
            self.close_connection = True
            return
        if step:
            status, _, seconds = step.partition(" ")
            self._reply(int(status), b'{"error message": "busy"}', {"Retry-After": seconds} if seconds else {})
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.backend, timeout=SECONDS)
        connection.request(self.command, path, body, dict(self.headers))
        response = connection.getresponse()
        self._reply(response.status, response.read(), {"X-Model-Version": response.headers.get("X-Model-Version", "")})
        connection.close()

    do_POST = do_GET

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body)), "Content-Type": "application/json"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def backend(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = launch(write_published(tmp_path_factory.mktemp("client"), "dataframe", reload_interval_seconds=0.2))
    yield server
    server.end()


@contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    with Proxy(port) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield running
        finally:
            running.go_on.set()
            running.shutdown()
            thread.join()


@pytest.fixture
def proxy(backend: Server) -> Iterator[Proxy]:
    with proxied(backend.port) as running:
        yield running


class Clock:
    """A clock that a test advances."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def expected(backend: Server) -> list[str]:
    response = backend.predict(ROWS).json()["predictions"]
    assert len(set(response)) == 2
    return list(response)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write rows.csv with reordered columns, additional columns and a cell with a line break."""
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *NAMES[::-1], "note"])
        writer.writerows([number, *row[::-1], "two\nlines"] for number, row in enumerate(ROWS))
    return path


def command(url: str, table: Path, target: Path, *options: str) -> list[str]:
    (password := target.with_name("password")).write_text("census\n")
    known = ["--user", "census", "--password-file", str(password)]
    files = ["--input", str(table), "--output", str(target)]
    return [sys.executable, "-m", "ml_census", "predict", "--url", url, *known, *files, *options]


def predict(*args: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, timeout=SECONDS)


def wait_until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.05)


def post_row(server: Server, token: str) -> requests.Response:
    headers = {"Authorization": token}
    return requests.post(f"{server.url}/prediction", headers=headers, json={"inputs": ROWS[:1]}, timeout=SECONDS)


def read(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_client_returns_predictions_in_row_order(backend: Server, expected: list[str]) -> None:
    with Client(backend.url, "census", "census") as client:
        assert client.model().columns == NAMES
        assert list(client.predict(ROWS, batch=7)) == expected


def test_failed_request_is_retried(proxy: Proxy, expected: list[str]) -> None:
    with Client(proxy.url, "census", "census") as client:
        assert list(client.predict(ROWS[:10])) == expected[:10]
        proxy.plan = ["503", "close", "", "408"]
        assert list(client.predict(ROWS, batch=400)) == expected


@pytest.mark.parametrize("status", ["429", "503"])
def test_retry_after_beyond_the_clients_limit_is_reported(proxy: Proxy, status: str) -> None:
    """Expect no retry: the proxy would forward a second request."""
    proxy.plan = [f"{status} 121"]
    with Client(proxy.url, "census", "census") as client, pytest.raises(ClientError, match=f"^{status} busy$"):
        list(client.predict(ROWS[:1]))
    assert [path for path, _ in proxy.received].count("/prediction") == 1


def test_token_is_renewed_a_minute_before_it_expires(proxy: Proxy, expected: list[str]) -> None:
    clock = Clock()
    with Client(proxy.url, "census", "census", clock=clock) as client:

        def logins_until(seconds: float) -> int:
            clock.now = 1000 + seconds
            assert list(client.predict(ROWS[:1])) == expected[:1]
            return [path for path, _ in proxy.received].count("/login")

        assert [logins_until(seconds) for seconds in (0, 659, 661, 1320, 1322)] == [1, 1, 2, 2, 3]


def test_rejected_token_is_renewed(start: Start, tmp_path: Path, expected: list[str]) -> None:
    """Replace the signing key while a client is logged in."""
    server = start("dataframe", reload_interval_seconds=0.1)
    with Client(server.url, "census", "census") as client:
        old = server.token()
        assert list(client.predict(ROWS[:1])) == expected[:1]
        (tmp_path / "secret.txt").write_text("another key, which is as long as the one before it was\n")
        wait_until(lambda: post_row(server, old).status_code == 403)
        assert list(client.predict(ROWS)) == expected


def test_netrc_is_ignored(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Client(proxy.url, "census", "census") as client:
        assert client.model().columns == NAMES
        assert len(list(client.predict(ROWS[:1]))) == 1
    assert [(path, sent.partition(" ")[0]) for path, sent in proxy.received] == [
        ("/version", ""),
        ("/login", "Basic"),
        ("/schema", "Bearer"),
        ("/prediction", "Bearer"),
    ]


def test_proxy_of_the_environment_is_used(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, expected: list[str]) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    with Client("http://census.test", "census", "census") as client:
        assert list(client.predict(ROWS)) == expected


def test_redirect_is_reported_before_the_password_is_sent(proxy: Proxy) -> None:
    proxy.moved_to = "https://census.test:443"
    with (
        Client(proxy.url, "census", "census") as client,
        pytest.raises(ClientError, match="301: it has moved to https://census.test:443$"),
    ):
        list(client.predict(ROWS))
    assert {sent for _, sent in proxy.received} == {""}


def test_numpy_values_are_sent_as_json(backend: Server, expected: list[str]) -> None:
    with Client(backend.url, "census", "census") as client:
        rows = [[np.int64(int(str(row[0]))), np.str_(row[1]), np.float32(float(str(row[2]))), row[3]] for row in ROWS]
        assert list(client.predict(rows)) == expected
        assert list(client.predict(np.array(ROWS, dtype=object))) == expected


@pytest.mark.parametrize("value", [object(), float("inf"), np.timedelta64(1, "D"), b"x"])
def test_value_without_json_form_is_rejected(backend: Server, value: object) -> None:
    with (
        Client(backend.url, "census", "census") as client,
        pytest.raises(
            ClientError, match="row 0, column 0: expected a number, text, true or false, a date, or a missing"
        ),
    ):
        list(client.predict([[value, *ROWS[0][1:]]]))


def test_bad_row_is_named_by_its_index_in_the_input(backend: Server) -> None:
    with Client(backend.url, "census", "census") as client, pytest.raises(ClientError, match="row 25, column age"):
        list(client.predict([*ROWS[:25], ["old", *ROWS[0][1:]]], batch=10))


@pytest.mark.parametrize(
    ("url", "password", "message"),
    [("", "wrong", "401 your password or username is invalid"), ("/elsewhere", "census", "404")],
)
def test_permanent_error_is_reported_without_retry(backend: Server, url: str, password: str, message: str) -> None:
    with Client(backend.url + url, "census", password) as client, pytest.raises(ClientError, match=message):
        list(client.predict(ROWS))


def test_file_is_scored(backend: Server, table: Path, tmp_path: Path, expected: list[str]) -> None:
    done = predict(backend.url, table, tmp_path / "out.csv")

    assert done.returncode == 0, done.stderr
    assert done.stderr == f"1000 rows with predictions in {tmp_path}/out.csv\n"
    scored, given = read(tmp_path / "out.csv"), read(table)
    assert scored[0] == [*given[0], "prediction"]
    assert scored[1:] == [[*row, prediction] for row, prediction in zip(given[1:], expected, strict=True)]
    assert not list(tmp_path.glob("*.part*"))


def test_file_without_header_is_read_in_schema_order(backend: Server, tmp_path: Path, expected: list[str]) -> None:
    (tmp_path / "rows.csv").write_text("\n".join(", ".join(map(str, row)) for row in ROWS))

    assert predict(backend.url, tmp_path / "rows.csv", tmp_path / "out.csv").returncode == 0

    assert [row[-1] for row in read(tmp_path / "out.csv")] == expected


def test_interrupted_run_resumes(
    proxy: Proxy, backend: Server, table: Path, tmp_path: Path, expected: list[str]
) -> None:
    """Truncate the last line of the partial file. Rows before it are not sent again."""
    proxy.plan = ["", "", "", "500"]
    first = predict(proxy.url, table, tmp_path / "out.csv", "--batch", "100")
    part = tmp_path / "out.csv.part"
    truncated = part.read_text()[:-5]
    part.write_text(truncated)
    before = backend.metrics()["ml_census_rows_total",]

    second = predict(proxy.url, table, tmp_path / "out.csv", "--batch", "100")

    assert (first.returncode, second.returncode) == (1, 0)
    assert first.stderr.splitlines()[-1].startswith(f"ml-census: {proxy.url}: 500")
    assert [row[-1] for row in read(tmp_path / "out.csv")[1:]] == expected
    assert backend.metrics()["ml_census_rows_total",] - before == 701


def test_ctrl_c_prints_how_to_resume(proxy: Proxy, table: Path, tmp_path: Path, expected: list[str]) -> None:
    proxy.plan = ["", "", "hold close"]
    arguments = command(proxy.url, table, tmp_path / "out.csv", "--batch", "100")
    with sigint_not_ignored(), subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
        assert proxy.held.wait(SECONDS)
        running.send_signal(signal.SIGINT)
        content = running.communicate(timeout=SECONDS)[1]
    proxy.go_on.set()

    assert (running.returncode, content) == (130, "ml-census: interrupted: the same command resumes the run\n")
    again = predict(proxy.url, table, tmp_path / "out.csv")
    assert "200 rows of an earlier run are kept" in again.stderr
    assert [row[-1] for row in read(tmp_path / "out.csv")[1:]] == expected


def test_terminal_shows_progress(proxy: Proxy, table: Path, tmp_path: Path) -> None:
    """Hold the second half of the rows until 50% is shown."""
    proxy.plan = ["", "hold"]
    ours, theirs = pty.openpty()
    arguments = command(proxy.url, table, tmp_path / "out.csv", "--batch", "500")
    with subprocess.Popen(arguments, stderr=theirs) as running:
        os.close(theirs)
        shown = b""
        while b" 50%" not in shown:
            shown += os.read(ours, 1000)
        proxy.go_on.set()
        while b"predictions in" not in shown:
            shown += os.read(ours, 1000)
    os.close(ours)

    assert b"100%" in shown
    assert running.returncode == 0


def test_file_that_grows_during_a_run_is_rejected(backend: Server, table: Path, tmp_path: Path) -> None:
    more = iter([read(table)[1]])

    def grow(_rows: int) -> None:
        with table.open("a", newline="") as file:
            csv.writer(file).writerows(more)

    with Client(backend.url, "census", "census") as client:
        model = client.model()
        output = csv_output.Output(csv_input.open_input(table, model.columns), "stop")
        run = csv_scoring.prepare_run(output, tmp_path / "out.csv", model.version)
        with pytest.raises(ScoringError, match="rows.csv: has changed while it was read"):
            csv_scoring.score_rows(client, run, 100, grow, io.StringIO())
    assert not (tmp_path / "out.csv").exists()


def test_output_never_mixes_two_models(start: Start, table: Path, tmp_path: Path) -> None:
    """Replace the model during a run. The run stops, and the next one starts from the first row."""
    server = start("dataframe", reload_interval_seconds=0.1)
    with proxied(server.port) as proxy, Client(server.url, "census", "census") as client:
        old = client.model().version
        proxy.plan = ["", "hold"]
        arguments = command(proxy.url, table, tmp_path / "out.csv", "--batch", "300")
        with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
            assert proxy.held.wait(SECONDS)
            write_published(tmp_path, "boosting_with_categories", reload_interval_seconds=0.1)
            wait_until(lambda: client.model().version != old)
            proxy.go_on.set()
            content = running.communicate(timeout=SECONDS)[1]
        again = predict(proxy.url, table, tmp_path / "out.csv")
        new, expected = client.model().version, list(client.predict(ROWS))

    assert running.returncode == 1
    changed = f"the server has model {new} now, not {old}: the next run starts from the first row"
    assert content == f"ml-census: {proxy.url}: {changed}\n"
    assert f"starts from the first row: the earlier run was of model {old}, " in again.stderr
    assert [row[-1] for row in read(tmp_path / "out.csv")[1:]] == [str(response) for response in expected]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("age,sex\n1,Male\n", "the first line does not name workclass, education-num: it is “age,sex”"),
        ("age,workclass,education-num,sex\n1,Private,3\n", "line 2: expected 4 values, got 3 values"),
        ("a,b\n1,2\n", "the first line has 2 values, expected 4 or the names age, workclass, education-num, sex"),
        ('age,workclass,education-num,sex\n\n"', "line 3: not CSV"),
        ("", "there are no rows"),
    ],
)
def test_unreadable_file_is_reported_in_one_line(backend: Server, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "rows.csv").write_text(text)

    done = predict(backend.url, tmp_path / "rows.csv", tmp_path / "out.csv")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"ml-census: {tmp_path}/rows.csv: ")
    assert message in done.stderr


def test_option_row_prints_one_prediction(backend: Server, tmp_path: Path, expected: list[str]) -> None:
    (tmp_path / "password").write_text("census\n")
    known = ["--url", backend.url, "--user", "census", "--password-file", str(tmp_path / "password")]
    command = [sys.executable, "-m", "ml_census", "predict", *known, "--row", json.dumps(ROWS[0])]

    good = subprocess.run([*command, "--expect", expected[0]], capture_output=True, text=True, timeout=SECONDS)
    bad = subprocess.run([*command, "--expect", "else"], capture_output=True, text=True, timeout=SECONDS)

    assert (good.returncode, good.stdout) == (0, json.dumps(expected[0]) + "\n")
    assert (bad.returncode, bad.stderr) == (1, "ml-census: expected else\n")
