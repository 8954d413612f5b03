"""The OpenAPI document describes every route of the server, and no other."""

from typing import Any, cast

import pytest
import yaml

from ml_census.api.app import create_app
from ml_census.api.views.vertex import VertexRoutes
from ml_census.api.web.openapi import build_document, resolve, to_yaml
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config

ROUTES = [None, VertexRoutes("/vertex/predict", "/vertex/health"), VertexRoutes("/invocations", "/readyz")]


def served(vertex_routes: VertexRoutes | None = None, model_name: str = "model") -> str:
    """Return the document of an application, which needs no model for it."""
    app = create_app(cast(Artifacts, None), Config("", "", "", model_name=model_name), vertex_routes=vertex_routes)
    return app.test_client().get("/openapi.yaml").text


@pytest.mark.parametrize("vertex_routes", ROUTES)
@pytest.mark.parametrize("name", ["model", "census"])
def test_document_has_the_routes_and_methods_of_the_server(name: str, vertex_routes: VertexRoutes | None) -> None:
    app = create_app(cast(Artifacts, None), Config("", "", "", model_name=name), vertex_routes=vertex_routes)

    document = yaml.safe_load(served(vertex_routes, name))

    assert {path: sorted(operations) for path, operations in document["paths"].items()} == {
        route.rule.replace("<version>", "{version}"): sorted(map(str.lower, route.methods - {"HEAD", "OPTIONS"}))
        for route in app.state.routes.routes
    }


def test_each_operation_has_its_own_id() -> None:
    document = yaml.safe_load(served(VertexRoutes("/a", "/b")))

    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids)


def test_document_has_neither_anchors_nor_merge_keys() -> None:
    """YAML 1.2 has no merge keys, and parsers need not support anchors."""
    events = list(yaml.parse(served(), Loader=yaml.SafeLoader))

    assert not [event for event in events if isinstance(event, yaml.AliasEvent) or getattr(event, "value", "") == "<<"]


def references(node: Any) -> set[str]:
    """Return the targets of all references in a document."""
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(references, node.values()))


def test_each_component_is_defined_and_used() -> None:
    document = yaml.safe_load(served(VertexRoutes("/a", "/b")))
    components = document["components"]
    defined = {
        f"#/components/{kind}/{name}"
        for kind, named in components.items()
        if kind != "securitySchemes"
        for name in named
    }

    assert references(document) == defined


def test_part_adds_paths_and_components() -> None:
    document = build_document(
        [{"paths": {"/a": {}}, "components": {"schemas": {"A": {}}, "examples": {"B": {}}}}], needs_token=bool
    )

    assert "/a" in document["paths"] and "/docs" in document["paths"]
    assert {"A", "Error"} <= document["components"]["schemas"].keys()
    assert document["components"]["examples"] == {"B": {}}


@pytest.mark.parametrize(
    ("login_required", "protocols", "with_token"),
    [
        (True, (), {"/prediction", "/schema", "/v1/models/model:predict", "/v2/models/model/versions/{version}/infer"}),
        (True, ("open-inference",), {"/prediction", "/schema", "/v1/models/model:predict"}),
        (False, (), set()),
    ],
)
def test_path_that_needs_no_token_has_no_security(
    login_required: bool, protocols: tuple[str, ...], with_token: set[str]
) -> None:
    config = Config("", "", "", unauthenticated_protocols=protocols)
    app = create_app(cast(Artifacts, None), config, login_required=login_required)

    paths = yaml.safe_load(app.test_client().get("/openapi.yaml", headers={"Host": "localhost"}).text)["paths"]

    checked = {"/prediction", "/schema", "/v1/models/model:predict", "/v2/models/model/versions/{version}/infer"}
    assert {path for path in checked if any("security" in each for each in paths[path].values())} == with_token


def test_resolved_document_refers_to_schemas_only() -> None:
    resolved = resolve(yaml.safe_load(served(VertexRoutes("/a", "/b"))))

    assert {reference.split("/")[2] for reference in references(resolved["paths"])} == {"schemas"}


def test_yaml_repeats_shared_values() -> None:
    shared = {"a": 1}

    assert to_yaml([shared, shared]) == "- a: 1\n- a: 1\n"
