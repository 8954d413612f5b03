"""The assembled application."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from ml_census.api.app import BLUEPRINTS, create_app
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import PROTOCOLS, Config
from support.api_requests import BODIES, PATHS_OF_ROWS, PREDICTION, V2, Post


def test_only_predictions_and_schema_need_a_token(client: FlaskClient) -> None:
    """A new route is listed here if it needs a token."""
    rules = {rule.rule for rule in client.application.url_map.iter_rules()}

    closed = [rule for rule in rules if client.get(rule).status_code in (401, 403)]

    metadata = "/v2/models/census"
    assert sorted(closed) == ["/login", "/prediction", "/schema", metadata, f"{metadata}/versions/<version>"]


@pytest.mark.parametrize("path", PATHS_OF_ROWS)
def test_flags_add_the_same_extras_in_every_protocol(post: Post, path: str) -> None:
    native = post(f"{PREDICTION}?proba=true", BODIES[PREDICTION]).json

    response = post(f"{path}?proba=true&warnings=true", BODIES[path])

    assert response.json == native | {"warnings": []}  # type: ignore[operator]


@pytest.mark.parametrize("path", BODIES)
def test_unknown_values_are_counted_in_every_protocol(post: Post, path: str) -> None:
    body = str(BODIES[path]).replace("'", '"').replace("Private", "Astronaut")

    assert post(path, body).headers["X-Unknown-Values"] == "1"


@pytest.mark.parametrize("path", BODIES)
def test_model_version_is_a_header_in_every_protocol(post: Post, path: str) -> None:
    assert post(path, BODIES[path]).headers["X-Model-Version"] == "0123456789ab"


@pytest.mark.parametrize("path", ["/v1//models", "/v2/health//live", "/vertex", "/vertex/", "/vertex//", "/login/"])
def test_no_response_redirects_to_the_clients_host(artifacts: Artifacts, config: Config, path: str) -> None:
    """A redirect would contain the Host of the request, and clients send their token to its target."""
    routes = VertexRoutes("/vertex/predict", "/vertex/")
    client = create_app(artifacts, config, vertex_routes=routes).test_client()

    response = client.get(path, headers={"Host": "evil.example"})

    assert response.status_code in (200, 404)
    assert "evil" not in str(response.headers) + response.text


def test_each_protocol_may_be_unauthenticated() -> None:
    protocols = {blueprint.protocol for blueprint in BLUEPRINTS} - {"native"}

    assert protocols | {"vertex"} == set(PROTOCOLS)


def test_replaced_artifacts_serve_the_next_request(artifacts: Artifacts, config: Config) -> None:
    app = create_app(artifacts, config)

    app.replace_artifacts(replace(artifacts, model=replace(artifacts.model, version="f" * 12)))

    assert app.test_client().get("/version").json["model"] == "f" * 12  # type: ignore[index]


def test_two_applications_share_no_state(artifacts: Artifacts, config: Config) -> None:
    """The blueprints are module-level objects, the state is not."""
    first, second = (create_app(artifacts, replace(config, model_name=name)) for name in ("first", "second"))

    assert first.test_client().get("/v1/models").json == {"models": ["first"]}
    assert second.test_client().get("/v1/models").json == {"models": ["second"]}
    assert first.test_client().get(V2.replace("census", "second")).status_code == 404
