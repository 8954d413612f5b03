"""The metrics that Prometheus reads from a server, on a separate port."""

import json
import re
import socket
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from prometheus_client.samples import Sample
from promql_parser import MatchOp

from conftest import WriteFolder, write_published
from support.live_server import SECONDS, Launch, Server, Start
from support.promql import grouping_labels, selectors

ROW = [39, "Private", 14, "Male"]
STAGES = ("parse", "validate", "predict", "format")
ROOT = Path(__file__).parents[2]
PANELS = json.loads((ROOT / "charts/ml-census/files/dashboard.json").read_text())["panels"]
# As Helm renders it, to which tests/chart/test_scenarios.py holds it.
PROD = yaml.safe_load_all((ROOT / "tests/chart/golden/prod.yaml").read_text())
(RULES,) = (item["spec"]["groups"] for item in PROD if item["kind"] == "Rules")


@pytest.fixture
def own(start: Start) -> Server:
    """Start a server for one test. Its columns have names."""
    return start("dataframe")


def get(url: str, **options: Any) -> requests.Response:
    return requests.get(url, timeout=SECONDS, **options)


def series(figures: dict[tuple[str, ...], float], name: str) -> dict[tuple[str, ...], float]:
    """Return one series: the values of its labels -> its value."""
    return {key[1:]: value for key, value in figures.items() if key[0] == name}


def test_responses_are_counted_by_route_protocol_and_status(own: Server) -> None:
    """Count unknown paths together. Clients cannot create series."""
    own.predict([ROW, ROW, ROW])
    for number in range(20):
        get(f"{own.url}/path/{number}")
    requests.post(f"{own.url}/prediction", json={"inputs": [ROW]}, timeout=SECONDS)
    get(f"{own.url}/readyz")

    figures = own.metrics()

    responses = series(figures, "ml_census_requests_total")
    assert responses == {
        ("native", "/login", "200"): 1,
        ("native", "/prediction", "200"): 1,
        ("native", "/prediction", "403"): 1,
        ("none", "other", "404"): 20,
        ("none", "/readyz", "200"): 1,
    }
    assert series(figures, "ml_census_request_seconds_count") == responses
    assert all(0 < seconds for seconds in series(figures, "ml_census_request_seconds_sum").values())
    assert figures["ml_census_rows_total",] == 3


def test_request_that_the_parser_rejects_is_counted(own: Server) -> None:
    get(own.url, headers={"Transfer-Encoding": "gzip"})

    assert own.metrics()["ml_census_requests_total", "none", "other", "400"] == 1


def test_route_after_two_slashes_counts_as_the_same(own: Server) -> None:
    """Send two slashes, as a client does whose base URL ends with one."""
    get(f"{own.url}//login", auth=("census", "census"))

    assert own.metrics()["ml_census_requests_total", "native", "/login", "200"] == 1


def test_prediction_time_is_split_by_stage(own: Server) -> None:
    own.predict([ROW])

    figures = own.metrics()

    assert [figures["ml_census_stage_seconds_count", stage] for stage in STAGES] == [1, 1, 1, 1]


def test_logins_are_counted_by_result(own: Server) -> None:
    for password in ("census", *6 * ["wrong"]):
        get(f"{own.url}/login", auth=("census", password))

    figures = own.metrics()

    assert [figures["ml_census_logins_total", result] for result in ("success", "failure", "throttled")] == [1, 5, 1]


def test_unknown_values_are_counted_by_column(own: Server) -> None:
    own.predict([[39, "Astronaut", 14, "Male"], [39, "Diver", 14, "?"], ROW])

    figures = own.metrics()

    assert figures["ml_census_unknown_values_total", "workclass"] == 2
    assert figures["ml_census_unknown_values_total", "sex"] == 1


def test_invalid_values_are_counted_by_column(own: Server) -> None:
    own.predict([["old", "Private", 14, "Male"], ["older", 7, 14, "Male"]])
    own.predict([[39, "Private"], {"age": 39}])
    own.predict("no list")

    figures = own.metrics()

    assert series(figures, "ml_census_invalid_values_total") == {("age",): 2, ("workclass",): 1, ("row",): 2}


NUMBERS = {"frequencies": [0.5, 0.5, 0.0], "bin_edges": [40], "minimum": 17, "maximum": 90}
# How the values of two columns were spread in training.
SPREAD = {
    "form": "frame",
    "columns": [
        {"name": "age", "type": "number", "training": NUMBERS},
        {"name": "workclass", "type": "category", "categories": [" ?", " Private", " Self-emp", " State-gov"]},
        {"name": "education-num", "type": "number"},
        {"name": "sex", "type": "category", "categories": [" Female", " Male"],
         "training": {"frequencies": [0.5, 0.5, 0.0]}},
    ],
}  # fmt: skip


MANY = [[20, "Private", 14, sex] for sex in ("Male", "Female") for _ in range(50)]
ROUTES = {
    "/prediction": ("native", {"inputs": [[39, "Astronaut", 14, "Male"]]}),
    "/v1/models/incomes:predict": ("kserve", {"instances": [ROW]}),
    "/v2/models/incomes/infer": (
        "open-inference",
        {"inputs": [{"name": "rows", "datatype": "BYTES", "shape": [1, 4], "data": [ROW]}]},
    ),
    "/invocations": ("mlflow", {"instances": [ROW]}),
    "/endpoints/7": ("vertex", {"instances": [ROW]}),
}
PROBES = ("/livez", "/readyz", "/v2/health/ready", "/v2/models/incomes/ready", "/ping", "/health/7")


@pytest.fixture(scope="module")
def samples(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Return the samples of a server after requests to all of its routes, with those of Vertex AI."""
    config = write_published(tmp_path_factory.mktemp("samples"), "dataframe", SPREAD, model_name="incomes")
    server = launch(config, {"AIP_PREDICT_ROUTE": "/endpoints/7", "AIP_HEALTH_ROUTE": "/health/7"})
    try:
        headers = {"Authorization": f"Bearer {server.token()}"}
        for path, (_protocol, body) in ROUTES.items():
            assert requests.post(server.url + path, json=body, headers=headers, timeout=SECONDS).status_code == 200
        for path in PROBES:
            assert get(server.url + path).status_code == 200
        for _ in range(10):
            assert server.predict(MANY).status_code == 200
        assert server.predict([["old", "Private", 14, "Male"]]).status_code == 400
        return list(server.samples())
    finally:
        server.end()


def test_each_protocol_is_counted_under_its_configured_routes(samples: list[Sample]) -> None:
    """Expect no protocol for probes: they must not hide errors of clients."""
    responses = [sample.labels for sample in samples if sample.name == "ml_census_requests_total"]

    assert {labels["route"]: labels["protocol"] for labels in responses} == (
        {path: protocol for path, (protocol, _body) in ROUTES.items()}
        | dict.fromkeys(PROBES, "none")
        | {"/login": "native"}
    )


EXPRESSIONS = [
    *(
        pytest.param(target["expr"], target["legendFormat"], id=f"{panel['title']} {target['refId']}")
        for panel in PANELS
        for target in panel["targets"]
    ),
    *(
        pytest.param(rule["expr"], rule["annotations"]["summary"], id=rule["alert"])
        for group in RULES
        for rule in group["rules"]
    ),
]
# Any may come; no test here can bring a 500 about.
STATUSES = {str(status.value) for status in HTTPStatus}


@pytest.mark.parametrize(("expression", "text"), EXPRESSIONS)
def test_dashboard_and_alerts_query_existing_series(samples: list[Sample], expression: str, text: str) -> None:
    """Look up each series, label and label value. Prometheus itself adds namespace and pod."""
    labels = {"namespace", "pod"}
    for selector in selectors(expression):
        labels_found = [sample.labels for sample in samples if sample.name == selector.name]
        assert labels_found, selector
        labels |= labels_found[0].keys()
        for matcher in selector.matchers.matchers:
            if matcher.name in ("namespace", "pod"):
                continue
            values = STATUSES if matcher.name == "status" else {item[matcher.name] for item in labels_found}
            expected = matcher.value.split("|") if matcher.op in (MatchOp.Re, MatchOp.NotRe) else [matcher.value]
            assert {*expected} <= values, matcher
    named = set(re.findall(r"{{ *(?:\$labels\.)?(\w+) *}}", text))
    assert grouping_labels(expression) | named <= labels


def test_drift_is_reported_by_column(samples: list[Sample]) -> None:
    """Send ages unlike those of the training data, and sexes with equal frequencies."""
    drift = {sample.labels["column"]: sample.value for sample in samples if sample.name == "ml_census_drift"}

    assert drift.keys() == {"age", "sex"}
    assert drift["age"] > 0.25
    assert drift["sex"] == pytest.approx(0, abs=1e-3)


def test_idle_server_reports_its_model_and_empty_queues(own: Server) -> None:
    version = get(f"{own.url}/version").json()

    figures = own.metrics()

    assert figures["ml_census_model_info", version["engine"]["kind"], version["model"]] == 1
    assert figures["ml_census_reloads_total", "success"] == figures["ml_census_reloads_total", "rejected"] == 0
    for queue in ("work", "login", "fast"):
        assert figures["ml_census_waiting", queue] == figures["ml_census_rejected_requests_total", queue] == 0
    assert figures["ml_census_draining",] == 0
    assert figures["ml_census_version_mismatch",] == 0  # 1: tests/system/test_process.py
    assert figures["ml_census_connections",] <= 1
    assert figures["process_resident_memory_bytes",] > 2**20


def test_taken_metrics_port_ends_the_start_in_one_line(published_folder: WriteFolder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        options = ["--port", "0", "--metrics-port", str(taken.getsockname()[1])]
        command = [sys.executable, "-m", "ml_census", "serve", "--config", str(published_folder("logistic")), *options]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)

    assert ended.returncode == 1
    assert (
        ended.stderr.splitlines()[-1] == f"ml-census: --host 127.0.0.1 {' '.join(options[2:])}: Address already in use"
    )


def test_client_port_does_not_serve_metrics(server: Server) -> None:
    assert get(f"{server.url}/metrics").status_code == 404
