"""`ml-census predict` with many rows: interrupted runs, progress, changes during a run."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import write_published
from ml_census.client import csv_input, csv_output, csv_scoring
from ml_census.client.csv_input import ScoringError
from ml_census.client.session import Client
from support.failing_proxy import NAMES, ROWS, Proxy, backend, expected, proxied, proxy, wait_until
from support.live_server import SECONDS, Server, Start, sigint_not_ignored

__all__ = ["backend", "expected", "proxy"]


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


def predict(url: str, table: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(url, table, target, *options), capture_output=True, text=True, timeout=SECONDS)


def read(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_file_is_scored(backend: Server, table: Path, tmp_path: Path, expected: list[str]) -> None:
    done = predict(backend.url, table, tmp_path / "out.csv")

    assert done.returncode == 0, done.stderr
    assert done.stderr == f"1000 rows with predictions in {tmp_path}/out.csv\n"
    scored, rows = read(tmp_path / "out.csv"), read(table)
    assert scored[0] == [*rows[0], "prediction"]
    assert scored[1:] == [[*row, prediction] for row, prediction in zip(rows[1:], expected, strict=True)]
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
    assert [row[-1] for row in read(tmp_path / "out.csv")[1:]] == [str(label) for label in expected]


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
