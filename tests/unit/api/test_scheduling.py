"""The decisions that the server asks the application for."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Literal, cast

import pytest

from ml_census.api.app import create_app
from ml_census.api.scheduling import FAST_BYTES
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.server.parser import Request
from ml_census.server.scheduler import FAST, POOLS, WORK, Scheduler
from support.api_requests import BODIES, MLFLOW, PREDICTION, V1, V2, VERTEX

Kind = Literal["compiled", "sklearn"]
VERSIONED = "/v2/models/census/versions/7/infer"
PROBES = [
    "/livez",
    "/readyz",
    "/ping",
    "/health",
    "/v1/models/census",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models/census/ready",
    "/v2/models/census/versions/7/ready",
    "/vertex/health",
]


def queue(
    artifacts: Artifacts,
    config: Config,
    routes: VertexRoutes,
    engine: Literal["compiled", "sklearn"],
    path: str,
    length: int,
    query: str = "",
) -> str:
    """Return the queue of a request to a model with an engine of this kind."""
    served = replace(artifacts, model=replace(artifacts.model, engine=EngineInfo(engine)))
    return create_app(served, config, vertex_routes=routes).queue_for(path, query, length)


@pytest.mark.parametrize("path", [*BODIES, VERSIONED, f"/{PREDICTION}"])
def test_small_request_is_fast_in_every_protocol(
    artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes, path: str
) -> None:
    """A compiled model predicts FAST_BYTES of rows in less than 1 ms, whatever the protocol."""
    assert queue(artifacts, config, vertex_routes, "compiled", path, FAST_BYTES) == "fast"
    assert queue(artifacts, config, vertex_routes, "compiled", path, FAST_BYTES + 1) == "work"
    assert queue(artifacts, config, vertex_routes, "sklearn", path, 1) == "work"


@pytest.mark.parametrize("query", ["reasons=3", "proba=true&reasons=3", "reasons", "%72easons=1"])
def test_request_for_reasons_is_work(
    artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes, query: str
) -> None:
    assert queue(artifacts, config, vertex_routes, "compiled", PREDICTION, 1, query) == "work"
    assert queue(artifacts, config, vertex_routes, "compiled", PREDICTION, 1, "proba=true") == "fast"


@pytest.mark.parametrize("path", BODIES)
def test_small_request_is_served_while_workers_are_busy(
    artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes, path: str
) -> None:
    """A compressed body may be a thousand times as large, so it waits for a worker thread."""
    served = replace(artifacts, model=replace(artifacts.model, engine=EngineInfo("compiled")))
    app = create_app(served, config, vertex_routes=vertex_routes)
    scheduler = Scheduler(app.queue_for, {FAST: lambda: 0, WORK: lambda: POOLS[WORK].waiting})

    small = SimpleNamespace(error=None, command="POST", path=path, query="", body_bytes_received=200, headers={})
    compressed = SimpleNamespace(**vars(small) | {"headers": {"CONTENT_ENCODING": "gzip"}})

    assert scheduler.assign(cast(Request, small)) == (FAST, True)
    assert scheduler.assign(cast(Request, compressed)) == (WORK, False)


@pytest.mark.parametrize("path", PROBES)
def test_probe_has_its_queue_in_every_protocol(
    artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes, path: str
) -> None:
    assert queue(artifacts, config, vertex_routes, "sklearn", path, 0) == "probe"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/login", "login"),
        ("//login", "login"),
        ("/login/", "work"),
        ("/version", "work"),
        ("/v1/models", "work"),
        ("/v2/models/census", "work"),
        ("/nowhere", "work"),
    ],
)
def test_other_request_goes_to_worker_threads(
    artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes, path: str, name: str
) -> None:
    assert queue(artifacts, config, vertex_routes, "compiled", path, 0) == name


def test_error_of_the_server_has_the_format_of_the_path(
    artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes
) -> None:
    app = create_app(artifacts, config, vertex_routes=vertex_routes)
    text, native = {"error": "busy"}, {"error message": "busy"}
    expected = {
        V1: text,
        V2: text,
        VERTEX: text,
        MLFLOW: {"error_code": "TEMPORARILY_UNAVAILABLE", "message": "busy"},
        PREDICTION: native,
        "/v1/models/other": text,
        "/v2/other": text,
        "/v2foo": native,
        "/v1x/models": native,
    }

    assert {path: json.loads(app.error_body(path, 503, "busy")) for path in expected} == expected


@pytest.mark.parametrize(
    ("path", "label"), [("//prediction", "/prediction"), (VERSIONED, V2), ("/nowhere", "other"), ("/v2/x", "other")]
)
def test_metric_route_has_bounded_cardinality(artifacts: Artifacts, config: Config, path: str, label: str) -> None:
    assert create_app(artifacts, config).metric_route(path) == label
