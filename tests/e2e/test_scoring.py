"""Scoring of a file of UCI Adult through the load balancer while the pods are replaced."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.cluster import CHART, Release
from ml_census.client.session import Client

pytestmark = [pytest.mark.adult, pytest.mark.full]
ARTICLE = CHART / "ci" / "article-values.yaml"
REPEATS = 8
"""Number of times that the file has each row: the client scored the rows once in less time than one update."""


def test_rows_are_answered_once_and_in_order_during_updates(release: Release, tmp_path: Path) -> None:
    release.upgrade(ARTICLE, {"replicaCount": 2})
    lines = (Path(os.environ["ADULT_DATA"]) / "adult.test").read_text().splitlines()[1:]
    rows = [[cell.strip() for cell in line.split(",")] for line in lines if line]
    assert len(rows) == 16281
    rows *= REPEATS
    with Client(release.url, "census", "census") as client:
        columns = client.model().columns
        expected = list(client.predict([row[: len(columns)] for row in rows]))
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[*columns, "income"], *rows])
    (tmp_path / "password").write_text("census\n")

    command = [sys.executable, "-m", "ml_census", "predict", "--url", release.url, "--user", "census", "--batch", "1"]
    command += ["--password-file", "password", "--input", "rows.csv", "--output", "out.csv"]
    updates, before, during = 0, release.pod_names(), set()
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as scoring:
        while scoring.poll() is None or updates == 0:
            release.upgrade(ARTICLE, {"replicaCount": 2, "config.max_rows": 10_001 + updates})
            updates += 1
            if scoring.poll() is None:
                during |= release.pod_names()
        errors = scoring.communicate()[1]

    assert scoring.returncode == 0, errors
    assert during and not before & during, "no update was over before the last row was scored"
    with (tmp_path / "out.csv").open(newline="") as file:
        scored = list(csv.reader(file))
    print(f"{len(rows)} rows were scored during {updates} updates")
    assert scored == [
        [*columns, "income", "prediction"],
        *([*row, was] for row, was in zip(rows, expected, strict=True)),
    ]
