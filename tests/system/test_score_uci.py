"""Batch predictions of all test rows of UCI Adult equal those of /prediction to the last bit, from Parquet and CSV."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from conftest import write_trained
from ml_census.training.census import datasets
from support.live_server import Launch, Server
from support.score_command import ScoreCommand

pytestmark = pytest.mark.adult
REQUEST_ROWS = 1000


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return datasets.load(os.environ["ADULT_DATA"]).test


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_trained(tmp_path_factory, os.environ["ADULT_DATA"])


@pytest.fixture(scope="module")
def server(config: Path, launch: Launch) -> Iterator[Server]:
    running = launch(config)
    yield running
    running.end()


@pytest.fixture(scope="module")
def expected(server: Server, rows: pd.DataFrame) -> list[list[Any]]:
    """Return prediction and probabilities of each row, as /prediction returns them."""
    inputs, found = rows.to_numpy().tolist(), list[list[Any]]()
    for start in range(0, len(inputs), REQUEST_ROWS):
        body = server.predict(inputs[start : start + REQUEST_ROWS], "?proba=true").json()
        found += [[each, *shares] for each, shares in zip(body["predictions"], body["probabilities"], strict=True)]
    return found


@pytest.mark.parametrize("name", ["in.parquet", "dictionary.parquet", "in.csv", "in.csv.gz"])
def test_predictions_equal_those_of_the_server(
    tmp_path: Path, config: Path, rows: pd.DataFrame, expected: list[list[Any]], name: str
) -> None:
    frame = rows.assign(id=range(len(rows)))
    if name.endswith("parquet"):
        texts = [column for column in rows if rows[column].dtype == object]
        frame = frame.astype(dict.fromkeys(texts, "category")) if name.startswith("dictionary") else frame
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_csv(tmp_path / name, index=False)

    code, lines = ScoreCommand(tmp_path, str(config.parent), name).run()

    assert (code, lines) == (0, [f"out: complete: {len(rows)} rows, 0 rejected"])
    scored = pq.read_table(tmp_path / "out/part-00000.parquet")
    assert len(scored) == datasets.TEST_ROWS
    assert [list(row.values())[1:4] for row in scored.to_pylist()] == expected
