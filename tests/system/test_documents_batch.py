"""The commands of the guides for batch scoring. A Job of the fake cluster runs the command of its pods."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas
import pytest
import requests

from support.doc_commands import DOCUMENTS, blocks
from support.docs_environment import DocsEnvironment
from support.live_server import SECONDS

GKE = "docs/tutorial/census-on-gke.md"
ROW = json.loads(DOCUMENTS[GKE].partition("ROW='")[2].partition("'")[0])
FILES, ROWS = 3, 5


def guide(name: str) -> list[str]:
    """Return the shell blocks of a how-to guide."""
    return blocks(DOCUMENTS[f"docs/how-to/{name}.md"], "sh")


@pytest.fixture
def tables(docs: DocsEnvironment) -> Iterator[DocsEnvironment]:
    """Yield the environment with the values of the guide. At the end, set the values back and remove all tables."""
    before = (docs.folder / "prod.yaml").read_text()
    prepare, allow, deploy, *_ = guide("batch-on-kubernetes")
    docs.type(prepare, allow)
    docs.edit(blocks(DOCUMENTS["docs/how-to/batch-on-kubernetes.md"], "yaml")[0])
    docs.type(deploy)
    yield docs
    (docs.folder / "prod.yaml").write_text(before)
    docs.type(deploy)
    for folder in (docs.folder / "bucket/my-tables", docs.folder / "results", docs.state / "tables"):
        shutil.rmtree(folder, ignore_errors=True)


def customers(docs: DocsEnvironment, first: int = 0) -> pandas.DataFrame:
    """Return rows of the census model with a key."""
    headers = {"Authorization": docs.token("alice")}
    schema = requests.get(f"{docs.server.url}/schema", headers=headers, timeout=SECONDS).json()
    frame = pandas.DataFrame([ROW] * ROWS, columns=[column["name"] for column in schema["columns"]])
    return frame.assign(customer=range(first, first + ROWS))


def write_rows(docs: DocsEnvironment) -> None:
    folder = docs.folder / "bucket/my-tables/census/rows"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(FILES):
        customers(docs, ROWS * number).to_parquet(folder / f"{number}.parquet")


def prediction(docs: DocsEnvironment) -> str:
    """Return the prediction of the server for ROW."""
    headers = {"Authorization": docs.token("alice")}
    response = requests.post(f"{docs.server.url}/prediction", json={"inputs": [ROW]}, headers=headers, timeout=SECONDS)
    return str(response.json()["predictions"][0])


def read_parts(folder: Path) -> pandas.DataFrame:
    return pandas.concat(pandas.read_parquet(file) for file in sorted(folder.glob("part-*.parquet")))


def test_job_scores_the_table_and_a_second_job_resumes(tables: DocsEnvironment) -> None:
    """The rows are in three files, and therefore in three parts. The second Job has nothing left to score."""
    write_rows(tables)
    *_, start, follow, copy, resume = guide("batch-on-kubernetes")

    tables.type(start)
    printed = tables.type(follow, copy)
    (folder,) = (tables.folder / "bucket/my-tables/census/predictions").iterdir()
    written = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    tables.type(resume)

    assert '"rows_in": 15' in printed
    parts = read_parts(tables.folder / "results")
    assert list(parts["customer"]) == list(range(FILES * ROWS))
    assert set(parts["prediction"]) == {prediction(tables)}
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == written


def test_table_of_bigquery_is_scored_and_loaded_back(tables: DocsEnvironment) -> None:
    (tables.state / "tables").mkdir()
    customers(tables).to_parquet(tables.state / "tables/crm.customers.parquet")

    tables.type(*guide("score-bigquery"))

    loaded = pandas.read_parquet(tables.state / "tables/crm.predictions.parquet")
    assert list(loaded["customer"]) == list(range(ROWS))
    assert set(loaded["prediction"]) == {prediction(tables)}
