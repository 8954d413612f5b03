"""What Prometheus reads from a server, on a port of its own."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

ROW = [39, "Private", 14, "Male"]
STAGES = ("parse", "validate", "predict", "format")


@pytest.fixture
def own(start: Callable[..., Any]) -> Any:
    """A server whose figures are those of one test; its columns have names."""
    return start("dataframe")


def get(url: str, **options: Any) -> requests.Response:
    return requests.get(url, timeout=10, **options)


def test_answers_are_counted_by_route_and_status(own: Any) -> None:
    """Paths that there are none of count together, whatever they are: clients cannot make series."""
    own.predict([ROW, ROW, ROW])
    for number in range(20):
        get(f"{own.url}/path/{number}")
    requests.post(f"{own.url}/prediction", json={"inputs": [ROW]}, timeout=10)

    figures = own.metrics()

    counted = {key[1:]: count for key, count in figures.items() if key[0] == "ml_census_requests_total"}
    assert counted == {
        ("/login", "200"): 1,
        ("/prediction", "200"): 1,
        ("/prediction", "403"): 1,
        ("other", "404"): 20,
    }
    assert figures["ml_census_request_seconds_count", "/prediction"] == 2
    assert 0 < figures["ml_census_request_seconds_sum", "/prediction"] < 10
    assert figures["ml_census_rows_total",] == 3


def test_what_waitress_refuses_is_counted_too(own: Any) -> None:
    get(own.url, headers={"Transfer-Encoding": "gzip"})

    assert own.metrics()["ml_census_requests_total", "other", "400"] == 1


def test_the_time_of_a_prediction_is_split(own: Any) -> None:
    own.predict([ROW])

    figures = own.metrics()

    assert [figures["ml_census_stage_seconds_count", stage] for stage in STAGES] == [1, 1, 1, 1]


def test_logins_are_counted_by_how_they_ended(own: Any) -> None:
    for password in ("census", *6 * ["wrong"]):
        get(f"{own.url}/login", auth=("census", password))

    figures = own.metrics()

    assert [figures["ml_census_logins_total", result] for result in ("ok", "wrong", "throttled")] == [1, 5, 1]


def test_unknown_values_are_counted_by_column(own: Any) -> None:
    own.predict([[39, "Astronaut", 14, "Male"], [39, "Diver", 14, "?"], ROW])

    figures = own.metrics()

    assert figures["ml_census_unknown_values_total", "workclass"] == 2
    assert figures["ml_census_unknown_values_total", "sex"] == 1


def test_the_dashboard_asks_for_nothing_that_a_server_does_not_tell(own: Any) -> None:
    """By what Prometheus reads after a login, a prediction and an unknown value; the drift has a test of its own."""
    own.predict([[39, "Astronaut", 14, "Male"]])
    dashboard = Path(__file__).parents[2] / "charts/ml-census/files/dashboard.json"
    asked = set(re.findall(r"\b(?:ml_census|process)_\w+", dashboard.read_text()))

    told = {key[0] for key in own.metrics()}

    assert len(asked) > 10
    assert asked - told == {"ml_census_drift"}


def test_drift_is_told_by_column(launch: Callable[..., Any], folder: Callable[..., Path]) -> None:
    """Of rows that have another age than those of the training, and the sexes as they were."""
    path = folder("dataframe")
    numbers = {"shares": [0.5, 0.5, 0.0], "bounds": [40], "minimum": 17, "maximum": 90}
    columns = [
        {"name": "age", "type": "number", "training": numbers},
        {"name": "workclass", "type": "category", "categories": [" ?", " Private", " Self-emp", " State-gov"]},
        {"name": "education-num", "type": "number"},
        {"name": "sex", "type": "category", "categories": [" Female", " Male"],
         "training": {"shares": [0.5, 0.5, 0.0]}},
    ]  # fmt: skip
    (path.parent / "schema.json").write_text(json.dumps({"form": "frame", "columns": columns}))
    server = launch(path)
    try:
        for _ in range(10):
            rows = [[20, "Private", 14, sex] for sex in ("Male", "Female") for _ in range(50)]
            assert server.predict(rows).status_code == 200
        figures = server.metrics()
    finally:
        server.end()

    assert figures["ml_census_drift", "age"] > 0.25
    assert figures["ml_census_drift", "sex"] == pytest.approx(0, abs=1e-3)
    assert ("ml_census_drift", "education-num") not in figures


def test_it_says_what_serves_and_how_full_it_is(own: Any) -> None:
    version = get(f"{own.url}/version").json()

    figures = own.metrics()

    assert figures["ml_census_model_info", version["engine"]["kind"], version["model"]] == 1
    assert figures["ml_census_reloads_total", "done"] == figures["ml_census_reloads_total", "refused"] == 0
    assert figures["ml_census_waiting", "work"] == figures["ml_census_waiting", "login"] == 0
    assert figures["ml_census_draining",] == 0
    assert figures["ml_census_connections",] <= 1
    assert figures["process_resident_memory_bytes",] > 2**20


def test_a_port_that_is_taken_ends_the_start_in_one_line(folder: Callable[..., Path]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        options = ["--port", "0", "--metrics-port", str(taken.getsockname()[1])]
        command = [sys.executable, "-m", "ml_census", "serve", "--config", str(folder("logistic")), *options]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert ended.returncode == 1
    assert (
        ended.stderr.splitlines()[-1] == f"ml-census: --host 127.0.0.1 {' '.join(options[2:])}: Address already in use"
    )


def test_clients_do_not_see_it(server: Any) -> None:
    """The port of clients has no such path."""
    assert get(f"{server.url}/metrics").status_code == 404
