"""The command ci/bench: compares servers that serve the model of the article."""

import json
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import joblib
import pandas as pd
import requests

from bench import engine_models, tables
from bench import engines as engine_comparison
from bench.load import Figures, load
from bench.peers import PEERS
from bench.report import Result, plot, table
from bench.servers import (
    SERVER_CORE,
    BenchError,
    RunningServer,
    Server,
    article_server,
    echo_server,
    log,
    ml_census_server,
    run_server,
)
from ml_census.training.census import datasets
from ml_census.training.census.adult import COLUMNS
from ml_census.training.census.pipelines import RECIPES
from ml_census.training.census.train import train

BUILD = Path(__file__).parents[2] / "build/bench"
CONNECTIONS = 8
BULK_CONNECTIONS = 2
BULK_ROWS = 1000
STARTS = 3
CHECKED_ROWS = 200


@click.command(epilog="Example: ADULT_DATA=../data/adult ci/bench --peers")
@click.option("--data", "source", envvar="ADULT_DATA", default="demo", show_default=True,
              help="Folder of adult.data and adult.test, or demo.")  # fmt: skip
@click.option("--peers", is_flag=True, help="Also MLServer, BentoML, MLflow, KServe and LitServe (installs them).")
@click.option("--engines", is_flag=True, help="Compare engines for trees in one process instead (installs them).")
@click.option("--batch", is_flag=True, help="Compare ml-census score with pandas and scikit-learn instead.")
@click.option("--rounds", default=5, show_default=True, help="Number of measurements of each server.")
@click.option("--seconds", default=3, show_default=True, help="Duration of a measurement (seconds).")
@click.option("--only", multiple=True, help="Beginning of the names of the servers to compare.")
def main(
    source: str, peers: bool, engines: bool, batch: bool, rounds: int, seconds: int, only: tuple[str, ...]
) -> None:
    """Compare ml-census with the article's server and others: one table, build/bench/bench.json and bench.svg."""
    try:
        if engines:
            compare_engines(source, rounds)
            return
        if batch:
            compare_tables(source, rounds)
            return
        results = compare(source, peers, rounds, seconds, only)
    except BenchError as error:
        sys.exit(f"ci/bench: {error}")
    (BUILD / "bench.json").write_text(json.dumps([result.to_json() for result in results], indent=2) + "\n")
    (BUILD / "bench.svg").write_text(plot(results))
    print(table(results))
    print(f"written: {BUILD}/bench.json, {BUILD}/bench.svg")


def compare(source: str, peers: bool, rounds: int, seconds: int, only: tuple[str, ...]) -> list[Result]:
    """Measure all servers in turn while all run, so that noise of the machine affects each."""
    rows = datasets.load(source).test.to_numpy().tolist()
    models = {recipe: published_model(recipe, source) for recipe in ("article", "boosted")}
    servers = [
        article_server(models["article"]),
        echo_server(),
        ml_census_server("ml-census", models["article"], compile=True),
        ml_census_server("ml-census, original", models["article"], compile=False),
        ml_census_server("ml-census, boosted", models["boosted"], compile=True),
        ml_census_server("ml-census, boosted, original", models["boosted"], compile=False),
    ]
    if peers:
        servers += [make(models["article"]) for make in PEERS]
    servers = [server for server in servers if not only or server.name.startswith(only)]
    results = []
    with ExitStack() as stack:
        started: list[RunningServer] = []
        for server in servers:
            log(f"starting {server.name}")
            result = Result(server.name)
            results.append(result)
            try:
                server.prepare()
                result.start = [start_seconds(server, rows) for _ in range(STARTS)]
                target = stack.enter_context(run_server(server, rows[0]))
                check(target, rows)
            except BenchError as error:
                if server.login:
                    raise
                result.failure = str(error)  # the table shows why a peer is missing
                continue
            result.megabytes = target.megabytes()
            started.append(target)
        by_name = {result.name: result for result in results}
        for number in range(rounds):
            for target in started:
                log(f"round {number + 1} of {rounds}: {target.server.name}")
                result = by_name[target.server.name]
                try:
                    one, bulk = measure(target, rows, seconds)
                except BenchError as error:
                    if target.server.login:
                        raise
                    result.failure = str(error)
                    continue
                result.one.append(one)
                result.bulk.append(bulk)
    return results


def compare_engines(source: str, rounds: int) -> None:
    """Measure the compiled engine and others in this process. Print a table, and write engines.json and engines.svg."""
    for recipe in ("article", "boosted"):
        published_model(recipe, source)
    os.sched_setaffinity(0, SERVER_CORE)
    engine_comparison.install()
    results = engine_comparison.compare(engine_models.cases(BUILD, source), rounds)
    (BUILD / "engines.json").write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")
    (BUILD / "engines.svg").write_text(engine_comparison.plot(results))
    print(engine_comparison.table(results))


def compare_tables(source: str, rounds: int) -> None:
    """Measure ml-census score, and pandas with scikit-learn, in this process and on one core. Print a table."""
    models = {recipe: published_model(recipe, source) for recipe in ("article", "boosted")}
    os.sched_setaffinity(0, SERVER_CORE)
    print(tables.table(tables.compare(models, source, rounds)))


def published_model(recipe: str, source: str) -> Path:
    """Return the folder of a model, and train it if the folder is missing."""
    folder = BUILD / f"{recipe}-{Path(source).name}"
    if not (folder / "manifest.json").exists():
        train(recipe, source, str(folder))
    return folder


def start_seconds(server: Server, rows: list[list[Any]]) -> float:
    """Return the seconds from the start of a server to its first response."""
    with run_server(server, rows[0]) as target:
        return target.seconds


def check(target: RunningServer, rows: list[list[Any]]) -> None:
    """Raise BenchError if a server predicts other labels than scikit-learn."""
    folder = target.server.folder
    try:
        predictions = target.predict(rows[:CHECKED_ROWS])
    except requests.RequestException as error:
        raise BenchError(f"{target.server.name}: {error}") from error
    if folder and predictions != expected_predictions(folder, rows):
        raise BenchError(f"{target.server.name}: its predictions differ from those of the model")


def expected_predictions(folder: Path, rows: list[list[Any]]) -> list[str]:
    """Return the decoded predictions of the model itself."""
    model = joblib.load(folder / "model.pkl")
    decoding = json.loads((folder / "prediction_decoding.json").read_text())
    recipe = RECIPES[folder.name.partition("-")[0]]
    frame = pd.DataFrame(rows[:CHECKED_ROWS], columns=list(COLUMNS))
    return [decoding[str(label)] for label in model.predict(recipe.to_model_input(frame)).tolist()]


def measure(target: RunningServer, rows: list[list[Any]], seconds: int) -> tuple[Figures, Figures]:
    """Return the figures of requests with one row, and of requests with BULK_ROWS rows."""
    single = [[row] for row in rows[:BULK_ROWS]]
    bulk = [rows[start : start + BULK_ROWS] for start in range(0, len(rows) - BULK_ROWS + 1, BULK_ROWS)]
    load(target, single, CONNECTIONS, 1)  # the first requests include one-time work
    return load(target, single, CONNECTIONS, seconds), load(target, bulk, BULK_CONNECTIONS, seconds)


main()
