"""A server without login: no request needs a token, and each request must name the loopback interface as its host."""

import pytest
from flask.testing import FlaskClient

from ml_census.api.app import create_app
from ml_census.api.credentials import is_loopback
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from support.api_requests import BODIES, PREDICTION, error_message

SCHEMA = "/schema"


@pytest.fixture
def local(artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes) -> FlaskClient:
    """Return a client of an application without login."""
    return create_app(artifacts, config, vertex_routes=vertex_routes, login_required=False).test_client()


@pytest.mark.parametrize("path", BODIES)
def test_each_protocol_answers_without_a_token(local: FlaskClient, path: str) -> None:
    assert local.post(path, json=BODIES[path]).status_code == 200


def test_an_invalid_token_is_ignored(local: FlaskClient) -> None:
    assert local.get(SCHEMA, headers={"Authorization": "Bearer x"}).status_code == 200


def test_version_says_that_no_login_is_required(local: FlaskClient, client: FlaskClient) -> None:
    assert local.get("/version").json["login_required"] is False  # type: ignore[index]
    assert "login_required" not in client.get("/version").json  # type: ignore[operator]


def test_no_key_of_the_configuration_removes_the_login(artifacts: Artifacts, config: Config) -> None:
    """A configuration without users and signing keys still rejects a request without a token."""
    without_users = Artifacts(artifacts.model, {}, ())
    client = create_app(without_users, Config("model.pkl")).test_client()

    assert client.post(PREDICTION, json=BODIES[PREDICTION]).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:5090", "127.0.0.1.evil.example", "localhost@evil", "", "["]
)
def test_each_route_rejects_another_host(local: FlaskClient, host: str) -> None:
    rules = {rule.rule for rule in local.application.url_map.iter_rules()} | {"/no-such-path"}

    statuses = {local.open(rule, headers={"Host": host}).status_code for rule in rules}

    assert statuses == {403}


def test_prediction_for_another_host_names_the_remedy(local: FlaskClient) -> None:
    response = local.post(PREDICTION, json=BODIES[PREDICTION], headers={"Host": "evil.example:5090"})

    assert response.status_code == 403
    assert error_message(response) == (
        "Host is 'evil.example:5090', expected localhost or 127.0.0.1: there is no login"
    )


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5090", "127.0.0.1:5090", "127.0.0.2", "[::1]:5090", "LOCALHOST"]
)
def test_loopback_host_is_accepted(local: FlaskClient, host: str) -> None:
    assert local.get(SCHEMA, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "", "localhost.example.com"])
def test_other_address_is_no_loopback_address(host: str) -> None:
    assert not is_loopback(host)
