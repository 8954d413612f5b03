"""Real clients and body formats of all protocols get the predictions of /prediction, for 1,000 rows of UCI Adult."""

import csv
import io
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from conftest import find_tool, write_trained
from support.live_server import SECONDS, Launch, Server

pytestmark = pytest.mark.adult
ROOT = Path(__file__).parents[2]
ROWS = 1000


@pytest.fixture(scope="module")
def server(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server of the boosted model, trained on UCI Adult."""
    routes = {"AIP_PREDICT_ROUTE": "/v1/endpoints/7/deployedModels/8:predict", "AIP_HEALTH_ROUTE": "/v1/endpoints/7"}
    running = launch(write_trained(tmp_path_factory, os.environ["ADULT_DATA"]), routes)
    yield running
    running.end()


@pytest.fixture(scope="module")
def names(server: Server) -> list[str]:
    headers = {"Authorization": server.token()}
    metadata = requests.get(f"{server.url}/v2/models/model", headers=headers, timeout=SECONDS).json()
    return [str(item["name"]) for item in metadata["inputs"]]


@pytest.fixture(scope="module")
def rows(names: list[str]) -> list[list[Any]]:
    """Return the first rows of adult.test, without the label."""
    lines = (Path(os.environ["ADULT_DATA"]) / "adult.test").read_text().splitlines()[1 : ROWS + 1]
    cells = [[cell.strip() for cell in line.split(",")[: len(names)]] for line in lines]
    return [[int(cell) if cell.lstrip("-").isdigit() else cell for cell in row] for row in cells]


@pytest.fixture(scope="module")
def expected(server: Server, rows: list[list[Any]]) -> dict[str, Any]:
    """Return the response of /prediction, with probabilities."""
    response = server.predict(rows, "?proba=true")
    assert response.status_code == 200
    assert len(set(response.json()["predictions"])) == 2
    return dict(response.json())


def written(rows: list[list[Any]], header: list[str] | None = None) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows] if header else rows)
    return text.getvalue()


FORMS: dict[str, tuple[str, Callable[[list[str], list[list[Any]]], Any]]] = {
    "KServe V1": ("/v1/models/model:predict", lambda names, rows: {"instances": rows}),
    "Vertex AI": (
        "/v1/endpoints/7/deployedModels/8:predict",
        lambda names, rows: {"instances": rows, "parameters": {}},
    ),
    "KServe V1, records": (
        "/v1/models/model:predict",
        lambda names, rows: {"instances": [dict(zip(names, row, strict=True)) for row in rows]},
    ),
    "MLflow, dataframe_split": (
        "/invocations",
        lambda names, rows: {"dataframe_split": {"columns": names, "index": list(range(len(rows))), "data": rows}},
    ),
    "MLflow, dataframe_records": (
        "/invocations",
        lambda names, rows: {"dataframe_records": [dict(zip(names, row, strict=True)) for row in rows]},
    ),
    "MLflow, inputs": (
        "/invocations",
        lambda names, rows: {
            "inputs": {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
        },
    ),
    "MLflow, instances": ("/invocations", lambda names, rows: {"instances": rows, "params": {}}),
    "MLflow, CSV": ("/invocations", lambda names, rows: written(rows, names)),
    "SageMaker, CSV": ("/invocations", lambda names, rows: written(rows)),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_body_format_gets_the_same_predictions(
    server: Server, names: list[str], rows: list[list[Any]], expected: dict[str, Any], form: str
) -> None:
    path, make = FORMS[form]
    body = make(names, rows)
    mimetype = "text/csv" if isinstance(body, str) else "application/json"
    data = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": f"Bearer {server.token()}", "Content-Type": mimetype}

    response = requests.post(server.url + path, data=data, headers=headers, timeout=SECONDS)

    assert response.json() == {"predictions": expected["predictions"]}


def run_client(name: str, address: str, token: str, names: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    """Run a script of tests/clients in a Python that has the client, and return its output."""
    script = [find_tool("find-client", name), str(ROOT / "tests" / "clients" / f"{name}.py"), address, token]
    request = json.dumps({"names": names, "rows": rows})
    done = subprocess.run(script, input=request, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_kserve_client_gets_the_same_predictions(
    server: Server, names: list[str], rows: list[list[Any]], expected: dict[str, Any]
) -> None:
    response = run_client("kserve", server.url, server.token(), names, rows)

    assert response == {"ready": True} | dict.fromkeys(("v1", "v2", "binary"), expected["predictions"])


def test_triton_client_gets_the_same_predictions(
    server: Server, names: list[str], rows: list[list[Any]], expected: dict[str, Any]
) -> None:
    response = run_client("triton", f"127.0.0.1:{server.port}", server.token(), names, rows)

    assert response.pop("probabilities") == expected["probabilities"]
    assert response == {
        "live": True,
        "ready": True,
        "columns": names,
        "id": "7",
        "predictions": expected["predictions"],
        "usual": expected["predictions"],
    }
