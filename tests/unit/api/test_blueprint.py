"""A protocol as a blueprint."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask, Response

from ml_census.api.blueprint import MODEL_NAME, ApiBlueprint, Workload
from ml_census.api.routes import RouteTable, route_table
from ml_census.api.views import kserve, vertex
from ml_census.api.views.vertex import VertexRoutes


def registered(blueprint: ApiBlueprint, model_name: str = "census") -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config[MODEL_NAME] = model_name
    app.register_blueprint(blueprint)
    return app


def respond(**_: Any) -> Response:
    return Response("here")


@pytest.fixture
def blueprint() -> ApiBlueprint:
    return ApiBlueprint("new", protocol="new", url_prefix="/new")


def test_placeholder_of_a_rule_becomes_the_models_name(blueprint: ApiBlueprint) -> None:
    blueprint.prediction("/{model}:predict")(respond)

    client = registered(blueprint).test_client()

    assert client.post("/new/census:predict").text == "here"
    assert client.post("/new/other:predict").status_code == 404


@pytest.mark.parametrize(("rule", "path"), [("/a/", "/new/a"), ("/a", "/new/a/")])
def test_rule_never_redirects(blueprint: ApiBlueprint, rule: str, path: str) -> None:
    """A redirect would contain the Host that the client sends."""
    blueprint.get(rule)(respond)

    assert registered(blueprint).test_client().get(path).status_code in (200, 404)


def test_decorator_declares_the_workload(blueprint: ApiBlueprint) -> None:
    decorators: Mapping[Workload, Any] = {
        Workload.PROBE: blueprint.probe("/probe"),
        Workload.PREDICTION: blueprint.prediction("/predict"),
        Workload.LOGIN: blueprint.login("/login", ["GET"]),
        Workload.OTHER: blueprint.get("/other"),
    }
    for workload, decorate in decorators.items():
        view = type(workload.name, (), {"__call__": lambda _: respond()})()
        view.__name__ = workload.name
        decorate(view)

    routes = route_table(registered(blueprint)).routes

    assert {route.rule: route.workload for route in routes} == {
        "/new/probe": Workload.PROBE,
        "/new/predict": Workload.PREDICTION,
        "/new/login": Workload.LOGIN,
        "/new/other": Workload.OTHER,
    }


def test_openapi_part_has_the_served_paths() -> None:
    paths = kserve.blueprint.read_openapi("census")["paths"]

    assert list(paths) == ["/v1/models", "/v1/models/census", "/v1/models/census:predict"]


def test_openapi_part_omits_paths_that_are_not_registered() -> None:
    """Vertex AI's predictions share the path of another protocol here."""
    taken = route_table(registered(kserve.blueprint))
    shared = vertex.create_blueprint(VertexRoutes("/v1/models/census:predict", "/healthy"), taken)
    own = vertex.create_blueprint(VertexRoutes("/predict", "/healthy"), RouteTable())

    assert list(shared.read_openapi("census")["paths"]) == ["/healthy"]
    assert list(own.read_openapi("census")["paths"]) == ["/predict", "/healthy"]
