"""The description names every route, and no other, whatever the model is called."""

from typing import Any, cast

import pytest
import yaml

from ml_census.api.app import create_app
from ml_census.api.views.vertex import VertexRoutes
from ml_census.config import Config

NOTHING = cast(Any, None)


def served(vertex: VertexRoutes | None = None, **config: str) -> str:
    app = create_app(NOTHING, Config("", "", "", **config), vertex_routes=vertex)  # type: ignore[arg-type]
    return app.test_client().get("/openapi.yaml").text


@pytest.mark.parametrize(
    "vertex", [None, VertexRoutes("/vertex/predict", "/vertex/health"), VertexRoutes("/invocations", "/readyz")]
)
@pytest.mark.parametrize("name", ["model", "census"])
def test_the_description_has_the_routes_and_methods_of_the_server(name: str, vertex: VertexRoutes | None) -> None:
    app = create_app(NOTHING, Config("", "", "", model_name=name), vertex_routes=vertex)

    described = yaml.safe_load(served(vertex, model_name=name))

    assert {path: sorted(operations) for path, operations in described["paths"].items()} == {
        route.rule.replace("<version>", "{version}"): sorted(map(str.lower, route.methods - {"HEAD", "OPTIONS"}))
        for route in app.state.routes.routes
    }


def test_each_operation_has_an_id_of_its_own() -> None:
    described = yaml.safe_load(served(VertexRoutes("/a", "/b")))

    ids = [each["operationId"] for operations in described["paths"].values() for each in operations.values()]
    assert len(set(ids)) == len(ids)


def test_the_description_needs_neither_anchors_nor_merge_keys() -> None:
    """Which YAML 1.2 leaves out, or leaves to the reader."""
    events = [event for event in yaml.parse(served(), Loader=yaml.SafeLoader)]

    assert not [event for event in events if isinstance(event, yaml.AliasEvent) or getattr(event, "value", "") == "<<"]
