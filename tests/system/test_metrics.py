"""What Prometheus reads from a server, on a port of its own."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests
import sklearn
import yaml
from prometheus_client.samples import Sample
from promql_parser import MatchOp

from conftest import write_folder
from promql import selectors, sorted_by

ROW = [39, "Private", 14, "Male"]
STAGES = ("parse", "validate", "predict", "format")
ROOT = Path(__file__).parents[2]
PANELS = json.loads((ROOT / "charts/ml-census/files/dashboard.json").read_text())["panels"]
# As Helm renders it, to which tests/chart/test_scenarios.py holds it.
PROD = yaml.safe_load_all((ROOT / "tests/chart/golden/prod.yaml").read_text())
(RULES,) = (each["spec"]["groups"] for each in PROD if each["kind"] == "Rules")


@pytest.fixture
def own(start: Callable[..., Any]) -> Any:
    """A server whose figures are those of one test; its columns have names."""
    return start("dataframe")


def get(url: str, **options: Any) -> requests.Response:
    return requests.get(url, timeout=10, **options)


def counted(figures: dict[tuple[str, ...], float], name: str) -> dict[tuple[str, ...], float]:
    """Of one series: protocol, route and status -> its value."""
    return {key[1:]: value for key, value in figures.items() if key[0] == name}


def test_answers_are_counted_and_timed_by_route_protocol_and_status(own: Any) -> None:
    """Paths that there are none of count together, whatever they are: clients cannot make series."""
    own.predict([ROW, ROW, ROW])
    for number in range(20):
        get(f"{own.url}/path/{number}")
    requests.post(f"{own.url}/prediction", json={"inputs": [ROW]}, timeout=10)
    get(f"{own.url}/readyz")

    figures = own.metrics()

    answers = counted(figures, "ml_census_requests_total")
    assert answers == {
        ("article", "/login", "200"): 1,
        ("article", "/prediction", "200"): 1,
        ("article", "/prediction", "403"): 1,
        ("", "other", "404"): 20,
        ("", "/readyz", "200"): 1,
    }
    assert counted(figures, "ml_census_request_seconds_count") == answers
    assert all(0 < seconds < 20 for seconds in counted(figures, "ml_census_request_seconds_sum").values())
    assert figures["ml_census_rows_total",] == 3


def test_what_waitress_refuses_is_counted_too(own: Any) -> None:
    get(own.url, headers={"Transfer-Encoding": "gzip"})

    assert own.metrics()["ml_census_requests_total", "", "other", "400"] == 1


def test_a_route_is_the_same_after_two_slashes(own: Any) -> None:
    """As clients write it whose address ends in one: it is answered, so it counts."""
    get(f"{own.url}//login", auth=("census", "census"))

    assert own.metrics()["ml_census_requests_total", "article", "/login", "200"] == 1


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


def with_spread(config: Path) -> Path:
    """The same folder; of two columns it is known how they were spread in training."""
    numbers = {"shares": [0.5, 0.5, 0.0], "bounds": [40], "minimum": 17, "maximum": 90}
    columns = [
        {"name": "age", "type": "number", "training": numbers},
        {"name": "workclass", "type": "category", "categories": [" ?", " Private", " Self-emp", " State-gov"]},
        {"name": "education-num", "type": "number"},
        {"name": "sex", "type": "category", "categories": [" Female", " Male"],
         "training": {"shares": [0.5, 0.5, 0.0]}},
    ]  # fmt: skip
    (config.parent / "schema.json").write_text(json.dumps({"form": "frame", "columns": columns}))
    return config


MANY = [[20, "Private", 14, sex] for sex in ("Male", "Female") for _ in range(50)]
ROUTES = {
    "/prediction": ("article", {"inputs": [[39, "Astronaut", 14, "Male"]]}),
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
def told(launch: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """What a server tells whose routes are not the usual ones, once it has answered on all of them."""
    config = with_spread(write_folder(tmp_path_factory.mktemp("told"), "dataframe", model_name="incomes"))
    server = launch(config, {"AIP_PREDICT_ROUTE": "/endpoints/7", "AIP_HEALTH_ROUTE": "/health/7"})
    try:
        headers = {"Authorization": f"Bearer {server.token()}"}
        for path, (_protocol, body) in ROUTES.items():
            assert requests.post(server.url + path, json=body, headers=headers, timeout=10).status_code == 200
        for path in PROBES:
            assert get(server.url + path).status_code == 200
        for _ in range(10):
            assert server.predict(MANY).status_code == 200
        return list(server.samples())
    finally:
        server.end()


def test_each_protocol_is_counted_whatever_its_routes_are_called(told: list[Sample]) -> None:
    """And probes are of none, so that neither error nor overload hides behind them."""
    answers = [sample.labels for sample in told if sample.name == "ml_census_requests_total"]

    assert {labels["route"]: labels["protocol"] for labels in answers} == (
        {path: protocol for path, (protocol, _body) in ROUTES.items()}
        | dict.fromkeys(PROBES, "")
        | {"/login": "article"}
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
def test_dashboard_and_alerts_ask_for_what_a_server_tells(told: list[Sample], expression: str, text: str) -> None:
    """Series, labels, and values of labels, each alternative for itself; namespace and pod are Prometheus' own."""
    labels = {"namespace", "pod"}
    for selector in selectors(expression):
        found = [sample.labels for sample in told if sample.name == selector.name]
        assert found, selector
        labels |= found[0].keys()
        for matcher in selector.matchers.matchers:
            if matcher.name in ("namespace", "pod"):
                continue
            values = STATUSES if matcher.name == "status" else {each[matcher.name] for each in found}
            wanted = matcher.value.split("|") if matcher.op in (MatchOp.Re, MatchOp.NotRe) else [matcher.value]
            assert {*wanted} <= values, matcher
    named = set(re.findall(r"{{ *(?:\$labels\.)?(\w+) *}}", text))
    assert sorted_by(expression) | named <= labels


def test_drift_is_told_by_column(told: list[Sample]) -> None:
    """Of rows that have another age than those of the training, and the sexes as they were."""
    drift = {sample.labels["column"]: sample.value for sample in told if sample.name == "ml_census_drift"}

    assert drift.keys() == {"age", "sex"}
    assert drift["age"] > 0.25
    assert drift["sex"] == pytest.approx(0, abs=1e-3)


def test_it_says_what_serves_and_how_full_it_is(own: Any) -> None:
    version = get(f"{own.url}/version").json()

    figures = own.metrics()

    assert figures["ml_census_model_info", version["engine"]["kind"], version["model"]] == 1
    assert figures["ml_census_reloads_total", "done"] == figures["ml_census_reloads_total", "refused"] == 0
    for lane in ("work", "login", "quick"):
        assert figures["ml_census_waiting", lane] == figures["ml_census_shed_total", lane] == 0
    assert figures["ml_census_draining",] == 0
    assert figures["ml_census_connections",] <= 1
    assert figures["process_resident_memory_bytes",] > 2**20


@pytest.mark.parametrize(("version", "differs"), [("1.9.0", 1), (sklearn.__version__, 0)])
def test_a_model_of_another_scikit_learn_shows(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, version: str, differs: int
) -> None:
    """Where the configuration lets it in."""
    monkeypatch.setattr("sklearn.base.__version__", version)

    assert start("logistic", pickled=True, version_mismatch="warn").metrics()["ml_census_version_mismatch",] == differs


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
