"""The client and `ml-census predict` with many rows, against a real server, also through a proxy that fails."""

import csv
import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ml_census.client import Client, ClientError

NAMES = ["age", "workclass", "education-num", "sex"]
WORK, SEX = ["Private", "Self-emp", "State-gov"], ["Male", "Female"]
ROWS = [[20 + number % 60, WORK[number % 3], number % 16, SEX[number % 2]] for number in range(1000)]


class Proxy(ThreadingHTTPServer):
    """Hands requests on; what `plan` says of the next prediction comes first: "503", "close", "500", or nothing."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = port
        self.plan: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        step = self.server.plan.pop(0) if self.server.plan and self.path == "/prediction" else ""
        if step == "close":
            self.close_connection = True
            return
        if step:
            self._reply(int(step), b"{}")
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=30)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        self._reply(answer.status, answer.read())
        connection.close()

    do_POST = do_GET

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def behind(launch: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from conftest import write_folder

    server = launch(write_folder(tmp_path_factory.mktemp("client"), "dataframe", reload_seconds=0.2))
    yield server
    server.end()


@pytest.fixture
def proxy(behind: Any) -> Iterator[Proxy]:
    with Proxy(behind.port) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def expected(behind: Any) -> list[str]:
    answer = behind.predict(ROWS).json()["predictions"]
    assert len(set(answer)) == 2
    return list(answer)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """rows.csv with the model's columns in another order, among others, and a cell with a line end."""
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *NAMES[::-1], "note"])
        writer.writerows([number, *row[::-1], "two\nlines"] for number, row in enumerate(ROWS))
    return path


def predict(url: str, table: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (password := target.with_name("password")).write_text("census\n")
    known = ["--user", "census", "--password-file", str(password)]
    files = ["--input", str(table), "--output", str(target)]
    command = [sys.executable, "-m", "ml_census", "predict", "--url", url, *known, *files, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def read(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_client_answers_each_row_in_order(behind: Any, expected: list[str]) -> None:
    with Client(behind.url, "census", "census") as client:
        assert client.columns() == NAMES
        assert list(client.predict(ROWS, batch=7)) == expected


def test_what_got_no_answer_is_asked_again(proxy: Proxy, expected: list[str]) -> None:
    with Client(proxy.url, "census", "census") as client:
        assert list(client.predict(ROWS[:10])) == expected[:10]
        proxy.plan = ["503", "close", "", "503"]
        assert list(client.predict(ROWS, batch=400)) == expected


def test_a_token_that_is_worth_nothing_any_more_is_replaced(behind: Any, expected: list[str]) -> None:
    """After a new key; a token that is about to end is replaced before it does."""
    with Client(behind.url, "census", "census") as client:
        list(client.predict(ROWS[:1]))
        client._session.headers["Authorization"] = "Bearer a.b.c"
        assert list(client.predict(ROWS)) == expected
        client._session.headers["Authorization"] = "Bearer a.b.c"
        client._renew_at = 0
        before = behind.metrics()["ml_census_requests_total", "/prediction", "403"]
        assert list(client.predict(ROWS)) == expected
        assert behind.metrics()["ml_census_requests_total", "/prediction", "403"] == before


def test_a_bad_row_is_named_by_its_number_among_all(behind: Any) -> None:
    with Client(behind.url, "census", "census") as client, pytest.raises(ClientError, match="row 25, column age"):
        list(client.predict([*ROWS[:25], ["old", *ROWS[0][1:]]], batch=10))


@pytest.mark.parametrize(
    ("url", "password", "says"),
    [("", "wrong", "401 your password or username is invalid"), ("/elsewhere", "census", "404")],
)
def test_what_cannot_get_better_is_told_at_once(behind: Any, url: str, password: str, says: str) -> None:
    with Client(behind.url + url, "census", password) as client, pytest.raises(ClientError, match=says):
        list(client.predict(ROWS))


def test_a_file_is_scored(behind: Any, table: Path, tmp_path: Path, expected: list[str]) -> None:
    done = predict(behind.url, table, tmp_path / "out.csv")

    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith(f"1000 rows with predictions in {tmp_path}/out.csv\n")
    scored, given = read(tmp_path / "out.csv"), read(table)
    assert scored[0] == [*given[0], "prediction"]
    assert scored[1:] == [[*row, prediction] for row, prediction in zip(given[1:], expected, strict=True)]
    assert not list(tmp_path.glob("*.part*"))


def test_a_file_without_a_header_has_the_models_columns(behind: Any, tmp_path: Path, expected: list[str]) -> None:
    (tmp_path / "rows.csv").write_text("\n".join(", ".join(map(str, row)) for row in ROWS))

    assert predict(behind.url, tmp_path / "rows.csv", tmp_path / "out.csv").returncode == 0

    assert [row[-1] for row in read(tmp_path / "out.csv")] == expected


def test_a_run_that_was_interrupted_goes_on(
    proxy: Proxy, behind: Any, table: Path, tmp_path: Path, expected: list[str]
) -> None:
    """Also when its last line was cut; what was there is not asked for again."""
    proxy.plan = ["", "", "", "500"]
    first = predict(proxy.url, table, tmp_path / "out.csv", "--batch", "100")
    part = tmp_path / "out.csv.part"
    cut = part.read_text()[:-5]
    part.write_text(cut)
    before = behind.metrics()["ml_census_rows_total",]

    second = predict(proxy.url, table, tmp_path / "out.csv", "--batch", "100")

    assert (first.returncode, second.returncode) == (1, 0)
    assert first.stderr.splitlines()[-1].startswith(f"ml-census: {proxy.url}: 500")
    assert [row[-1] for row in read(tmp_path / "out.csv")[1:]] == expected
    assert behind.metrics()["ml_census_rows_total",] - before == 701


def test_what_is_left_of_another_file_is_not_taken(
    behind: Any, table: Path, tmp_path: Path, expected: list[str]
) -> None:
    (tmp_path / "out.csv.part").write_text(f"id,{','.join(NAMES[::-1])},note,prediction\n0,Female,1,Private,99,x,no\n")

    assert predict(behind.url, table, tmp_path / "out.csv").returncode == 0

    assert [row[-1] for row in read(tmp_path / "out.csv")[1:]] == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("age,sex\n1,Male\n", "no column workclass: the first line must name"),
        ("age,workclass,education-num,sex\n1,Private,3\n", "row 0 has 3 values, not 4"),
        ('"', "not CSV"),
        ("", "no column age"),
    ],
)
def test_a_file_that_cannot_be_scored_is_told_in_one_line(behind: Any, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "rows.csv").write_text(text)

    done = predict(behind.url, tmp_path / "rows.csv", tmp_path / "out.csv")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"ml-census: {tmp_path}/rows.csv: ")
    assert says in done.stderr


def test_one_row_is_predicted(behind: Any, tmp_path: Path, expected: list[str]) -> None:
    (tmp_path / "password").write_text("census\n")
    known = ["--url", behind.url, "--user", "census", "--password-file", str(tmp_path / "password")]
    command = [sys.executable, "-m", "ml_census", "predict", *known, "--row", json.dumps(ROWS[0])]

    good = subprocess.run([*command, "--expect", expected[0]], capture_output=True, text=True, timeout=30)
    bad = subprocess.run([*command, "--expect", "else"], capture_output=True, text=True, timeout=30)

    assert (good.returncode, good.stdout) == (0, json.dumps(expected[0]) + "\n")
    assert (bad.returncode, bad.stderr) == (1, "ml-census: expected else\n")
