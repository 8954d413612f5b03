"""The routes of an application by path."""

import pytest

from ml_census.api.app import create_app
from ml_census.api.blueprint import Workload
from ml_census.api.routes import RouteTable
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from support.api_requests import BODIES


@pytest.fixture(scope="module")
def table(artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes) -> RouteTable:
    return create_app(artifacts, config, vertex_routes=vertex_routes).state.routes


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/prediction", "/prediction"),
        ("//prediction", "/prediction"),
        ("/v2/models/census/versions/7/infer", "/v2/models/census/infer"),
        ("/v2/models/census/versions/7", "/v2/models/census"),
        ("/", "/"),
    ],
)
def test_route_is_found_by_path(table: RouteTable, path: str, label: str) -> None:
    route = table.find(path)

    assert route is not None
    assert route.label == label


@pytest.mark.parametrize(
    "path", ["/login/", "/nowhere", "/v2/models/other/infer", "/v2/models/census/versions/7/8/infer", "/v1/models/", ""]
)
def test_unknown_path_has_no_route(table: RouteTable, path: str) -> None:
    assert table.find(path) is None


@pytest.mark.parametrize(
    ("path", "protocol"),
    [
        ("/v1/models/census:predict", "kserve"),
        ("/v1/models/other:predict", "kserve"),
        ("/v2", "open-inference"),
        ("//v2", "open-inference"),
        ("/v2/nowhere", "open-inference"),
        ("/v2foo", None),
        ("/v1x/models", None),
        ("/invocations", "mlflow"),
        ("/ping", "mlflow"),
        ("/invocation", None),
        ("/vertex/predict", "vertex"),
        ("/vertex/health", "vertex"),
        ("/vertex", None),
        ("/prediction", "native"),
        ("/docs", None),
    ],
)
def test_blueprint_follows_route_or_first_segment(table: RouteTable, path: str, protocol: str | None) -> None:
    blueprint = table.blueprint_of(path)

    assert (blueprint and blueprint.protocol) == protocol


def test_each_prediction_route_declares_its_workload(table: RouteTable) -> None:
    labels = {route.label for route in table.routes if route.workload is Workload.PREDICTION}

    assert labels == BODIES.keys(), "the tests of all protocols send these bodies"
