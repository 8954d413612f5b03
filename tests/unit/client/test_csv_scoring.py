"""Scoring of a CSV file: checks before a run, and its rows in order. Whole runs are in system/test_client_runs.py."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_census.client import csv_scoring
from ml_census.client.csv_input import ScoringError
from ml_census.client.csv_output import OnError, Output
from ml_census.client.session import Client
from support.csv_tables import open_table
from support.scripted_server import Response, ScriptedServer

WITH_BAD_ROW = "age,sex\n1,m\n2\n3,f\n"


def test_pipe_is_rejected_as_target(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    output = Output(open_table(tmp_path, "1\n", ["0"]), "stop")

    with pytest.raises(ScoringError, match="pipe: not a regular file"):
        csv_scoring.prepare_run(output, tmp_path / "pipe", "a1")


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_input_is_rejected_as_target(tmp_path: Path, link: Callable[[Path, Path], None]) -> None:
    output = Output(open_table(tmp_path, "1\n", ["0"]), "stop")
    link(tmp_path / "rows.csv", tmp_path / "other.csv")

    for target in (tmp_path / "rows.csv", tmp_path / "other.csv"):
        with pytest.raises(ScoringError, match="is the input itself; name another --output"):
            csv_scoring.prepare_run(output, target, "a1")


def test_bad_row_is_rejected_before_a_run_that_stops(tmp_path: Path) -> None:
    output = Output(open_table(tmp_path, WITH_BAD_ROW, ["age", "sex"]), "stop")

    with pytest.raises(ScoringError, match="rows.csv: line 3: expected 2 values, got 1 value"):
        csv_scoring.prepare_run(output, None, "a1")


@pytest.mark.parametrize(
    ("on_error", "lines"),
    [
        ("skip", ["age,sex,prediction", "1,m,x", "3,f,x"]),
        ("mark", ["age,sex,prediction,error", "1,m,x,", '2,,,"expected 2 values, got 1 value"', "3,f,x,"]),
    ],
)
def test_rows_are_written_in_order(tmp_path: Path, script: ScriptedServer, on_error: OnError, lines: list[str]) -> None:
    output = Output(open_table(tmp_path, WITH_BAD_ROW, ["age", "sex"]), on_error)
    run = csv_scoring.prepare_run(output, tmp_path / "out.csv", "a1")
    steps: list[int] = []

    with Client(script.url, "ada", "password", retry_timeout=0) as client:
        report = csv_scoring.score_rows(client, run, 1, steps.append, io.StringIO())

    assert (tmp_path / "out.csv").read_text().splitlines() == lines
    assert (report.rows, report.rejected, sum(steps)) == (3, 1, 3)


def test_first_unknown_value_is_named_by_its_line(tmp_path: Path, script: ScriptedServer) -> None:
    warning = {"row": 1, "column": "sex", "got": "z"}
    content = {"predictions": ["x", "x"], "warnings": [warning]}
    script.plan["/prediction"] = [Response(200, content, {"X-Model-Version": "a1", "X-Unknown-Values": "1"})]
    run = csv_scoring.prepare_run(Output(open_table(tmp_path, WITH_BAD_ROW, ["age", "sex"]), "skip"), None, "a1")

    with Client(script.url, "ada", "password", retry_timeout=0) as client:
        report = csv_scoring.score_rows(client, run, 10, lambda _: None, io.StringIO())

    assert (report.unknown, report.first_unknown) == (1, 'line 4, column sex: "z"')


def test_rejected_row_is_named_by_its_line(tmp_path: Path, script: ScriptedServer) -> None:
    rejection = {"error message": "bad", "details": [{"row": 0, "column": "age", "expected": "a number", "got": "z"}]}
    script.plan["/prediction"] = [
        Response(200, {"predictions": ["x"]}, {"X-Model-Version": "a1"}),
        Response(400, rejection),
    ]
    run = csv_scoring.prepare_run(Output(open_table(tmp_path, "age\n1\nz\n", ["age"]), "stop"), None, "a1")

    with (
        Client(script.url, "ada", "password", retry_timeout=0) as client,
        pytest.raises(ScoringError, match='rows.csv: line 3, column age: expected a number, got "z"'),
    ):
        csv_scoring.score_rows(client, run, 1, lambda _: None, io.StringIO())
