"""Compare servers on the article's model: see ci/bench."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import joblib
import pandas as pd
import requests
from load import Figures, load
from peers import PEERS
from report import Result, plot, table
from servers import BenchError, Running, Server, article, echo, ours, running, say

from ml_census import training
from ml_census.training import datasets
from ml_census.training.adult import COLUMNS
from ml_census.training.pipelines import RECIPES

BUILD = Path(__file__).parents[2] / "build/bench"
CONNECTIONS = 8
BULK_CONNECTIONS = 2
BULK_ROWS = 1000
STARTS = 3
CHECKED = 200


@click.command(epilog="Example: ADULT_DATA=../data/adult ci/bench --peers")
@click.option("--data", "source", envvar="ADULT_DATA", default="demo", show_default=True,
              help="The folder of adult.data and adult.test, or demo.")  # fmt: skip
@click.option("--peers", is_flag=True, help="Also MLServer, BentoML, MLflow, KServe and LitServe (installs them).")
@click.option("--rounds", default=5, show_default=True, help="Each server is loaded so many times, in turn.")
@click.option("--seconds", default=3, show_default=True, help="So long each time.")
@click.option("--only", multiple=True, help="Compare only servers whose name begins so.")
def main(source: str, peers: bool, rounds: int, seconds: int, only: tuple[str, ...]) -> None:
    """Compare ml-census with the article's server and others: one table, build/bench/bench.json and bench.svg."""
    try:
        results = compare(source, peers, rounds, seconds, only)
    except BenchError as error:
        sys.exit(f"ci/bench: {error}")
    (BUILD / "bench.json").write_text(json.dumps([result.to_json() for result in results], indent=2) + "\n")
    (BUILD / "bench.svg").write_text(plot(results))
    print(table(results))
    print(f"written: {BUILD}/bench.json, {BUILD}/bench.svg")


def compare(source: str, peers: bool, rounds: int, seconds: int, only: tuple[str, ...]) -> list[Result]:
    """All servers run from the start to the end, and are loaded in turn, so that noise hits all alike."""
    rows = datasets.load(source).test.to_numpy().tolist()
    models = {recipe: published(recipe, source) for recipe in ("article", "boosted")}
    servers = [
        article(models["article"]),
        echo(),
        ours("ml-census", models["article"], compile=True),
        ours("ml-census, original", models["article"], compile=False),
        ours("ml-census, boosted", models["boosted"], compile=True),
        ours("ml-census, boosted, original", models["boosted"], compile=False),
    ]
    if peers:
        servers += [make(models["article"]) for make in PEERS]
    servers = [server for server in servers if not only or server.name.startswith(only)]
    results = []
    with ExitStack() as stack:
        started: list[Running] = []
        for server in servers:
            say(f"starting {server.name}")
            result = Result(server.name)
            results.append(result)
            try:
                server.prepare()
                result.start = [start_seconds(server, rows) for _ in range(STARTS)]
                target = stack.enter_context(running(server, rows[0]))
                check(target, rows)
            except BenchError as error:
                if server.login:
                    raise
                result.failure = str(error)  # a peer that cannot be had is a line of the table
                continue
            result.megabytes = target.megabytes()
            started.append(target)
        by_name = {result.name: result for result in results}
        for number in range(rounds):
            for target in started:
                say(f"round {number + 1} of {rounds}: {target.server.name}")
                result = by_name[target.server.name]
                try:
                    one, bulk = measured(target, rows, seconds)
                except BenchError as error:
                    if target.server.login:
                        raise
                    result.failure = str(error)
                    continue
                result.one.append(one)
                result.bulk.append(bulk)
    return results


def published(recipe: str, source: str) -> Path:
    """The folder of a trained model; trained once for each source."""
    folder = BUILD / f"{recipe}-{Path(source).name}"
    if not (folder / "manifest.json").exists():
        training.train(recipe, source, str(folder))
    return folder


def start_seconds(server: Server, rows: list[list[Any]]) -> float:
    with running(server, rows[0]) as target:
        return target.seconds


def check(target: Running, rows: list[list[Any]]) -> None:
    """What answers otherwise than scikit-learn is not compared."""
    folder = target.server.folder
    try:
        answers = target.ask(rows[:CHECKED])
    except requests.RequestException as error:
        raise BenchError(f"{target.server.name}: {error}") from error
    if folder and answers != expected(folder, rows):
        raise BenchError(f"{target.server.name}: does not answer as the model does")


def expected(folder: Path, rows: list[list[Any]]) -> list[str]:
    model = joblib.load(folder / "model.pkl")
    decoding = json.loads((folder / "prediction_decoding.json").read_text())
    recipe = RECIPES[folder.name.partition("-")[0]]
    frame = pd.DataFrame(rows[:CHECKED], columns=list(COLUMNS))
    return [decoding[str(label)] for label in model.predict(recipe.takes(frame)).tolist()]


def measured(target: Running, rows: list[list[Any]], seconds: int) -> tuple[Figures, Figures]:
    single = [[row] for row in rows[:BULK_ROWS]]
    bulk = [rows[start : start + BULK_ROWS] for start in range(0, len(rows) - BULK_ROWS + 1, BULK_ROWS)]
    load(target, single, CONNECTIONS, 1)  # the first requests pay for what is done once
    return load(target, single, CONNECTIONS, seconds), load(target, bulk, BULK_CONNECTIONS, seconds)


main()
