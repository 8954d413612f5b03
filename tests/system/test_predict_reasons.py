"""`ml-census predict --reasons` and the Python client, against a real server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_census.client import Client
from support.live_server import Launch, Server
from support.page_models import write_page_model
from support.predict_command import Command, command

__all__ = ["command"]

HEADER = "petal length,petal width,altitude,soil"
ROWS = [["2.5", "0.4", "300", "clay"], ["6.1", "2.2", "2900", "sand"]]
REFERENCE = {"petal length": 2.5, "petal width": 0.4, "altitude": 2000, "soil": "clay"}


@pytest.fixture(scope="module")
def server(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a server whose model has typical values."""
    running = launch(write_page_model(tmp_path_factory.mktemp("flowers"), "multi_class"))
    yield running
    running.end()


def reasons_of(server: Server, rows: list[Any], count: int) -> list[list[dict[str, Any]]]:
    return list(server.predict(rows, f"?reasons={count}").json()["reasons"])


def test_reasons_are_columns_of_the_csv_file(server: Server, command: Command) -> None:
    text = "\n".join([HEADER, *(",".join(row) for row in ROWS), "x,,,"])

    code, lines = command.score(server.url, text, "--reasons", "2", "--on-error", "mark")

    header, *records = command.scored()
    assert (code, header[4:]) == (0, ["prediction", "reason_1", "effect_1", "reason_2", "effect_2", "error"]), lines
    for record, reasons in zip(records, reasons_of(server, ROWS, 2), strict=False):
        assert record[5:9:2] == [reason["column"] for reason in reasons]
        assert [float(cell) for cell in record[6:10:2]] == [reason["effect"] for reason in reasons]
    assert records[2][4:9] == [""] * 5


def test_reasons_of_one_row_are_printed(server: Server, command: Command) -> None:
    done = command.run(server.url, "--row", json.dumps(ROWS[0]), "--reasons", "1")

    assert json.loads(done.stdout)["reasons"] == reasons_of(server, ROWS[:1], 1)[0]


def test_client_compares_with_its_reference(server: Server) -> None:
    with Client(server.url, "census", "census") as client:
        explained = list(client.predict(ROWS, batch=1, reasons=4, reference=REFERENCE))

    assert [prediction for prediction, _ in explained] == server.predict(ROWS).json()["predictions"]
    assert [reason["column"] for reason in explained[0].reasons] == ["altitude"]
    assert explained[0].reasons[0]["reference"] == 2000


def test_too_many_reasons_fail_in_one_line(server: Server, command: Command, tmp_path: Path) -> None:
    code, lines = command.score(server.url, "\n".join([HEADER, ",".join(ROWS[0])]), "--reasons", "5")

    assert code == 1
    assert lines == [f"ml-census: {server.url}: 400 reasons must be a whole number from 1 to 4, the number of columns"]
