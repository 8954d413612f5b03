"""Compare `ml-census score` with pandas and scikit-learn: both read, predict and write the same Parquet file."""

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from bench.servers import log
from ml_census.batch.plan import Settings
from ml_census.batch.run import Shard, score
from ml_census.training.census import datasets
from ml_census.training.census.pipelines import RECIPES

ROWS = 1_000_000
LIBRARY_ROWS = 50_000
"""Rows for pandas and scikit-learn, which take a minute for a million rows of the article's model, and 6 GB."""
GROUP_ROWS = 131_072


@dataclass(frozen=True)
class TableResult:
    """Rows per second of CPU time with one model: the medians over the rounds."""

    model: str
    score: float
    library: float


def compare(models: dict[str, Path], source: str, rounds: int) -> list[TableResult]:
    """Return the figures of all models. `source` has the rows, which are drawn again and again."""
    train = datasets.load(source).train
    rows = train.iloc[np.random.default_rng(0).integers(0, len(train), ROWS)]
    with tempfile.TemporaryDirectory() as folder:
        many, few = Path(folder, "many.parquet"), Path(folder, "few.parquet")
        rows.to_parquet(many, index=False, row_group_size=GROUP_ROWS)
        rows[:LIBRARY_ROWS].to_parquet(few, index=False)
        return [_compare_model(name, model, many, few, rounds) for name, model in models.items()]


def _compare_model(name: str, model: Path, many: Path, few: Path, rounds: int) -> TableResult:
    pipeline = joblib.load(model / "model.pkl")
    scored, library = list[float](), list[float]()
    for number in range(rounds):
        log(f"{name}: round {number + 1} of {rounds}")
        output = many.with_name(f"{name}-{number}")
        scored.append(ROWS / _cpu_seconds(partial(_score, model, many, output)))
        library.append(LIBRARY_ROWS / _cpu_seconds(partial(_predict, pipeline, name, few, output)))
    return TableResult(name, statistics.median(scored), statistics.median(library))


def _score(model: Path, rows: Path, output: Path) -> None:
    with redirect_stdout(StringIO()):
        score(str(model), str(output), Settings(str(rows)), Shard(), threads=1)


def _predict(pipeline: object, recipe: str, rows: Path, output: Path) -> None:
    frame = pd.read_parquet(rows)
    shares = pipeline.predict_proba(RECIPES[recipe].to_model_input(frame))  # type: ignore[attr-defined]
    predictions = np.where(shares[:, 1] > shares[:, 0], ">50K", "<=50K")
    result = pd.DataFrame({"prediction": predictions, "below": shares[:, 0], "above": shares[:, 1]})
    result.to_parquet(output.with_suffix(".parquet"))


def _cpu_seconds(call: Callable[[], None]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def table(results: list[TableResult]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| model | ml-census score | pandas and scikit-learn | ratio |", "| --- | ---: | ---: | ---: |"]
    for each in results:
        lines.append(f"| {each.model} | {each.score:,.0f} | {each.library:,.0f} | {each.score / each.library:.0f} |")
    return "\n".join(lines)
