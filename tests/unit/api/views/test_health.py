"""Liveness and readiness in every protocol."""

import pytest
from flask.testing import FlaskClient

from ml_census.api.app import create_app
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config

LIVENESS = ["/livez", "/v2/health/live"]
READINESS = [
    "/readyz",
    "/v1/models/census",
    "/v2/health/ready",
    "/v2/models/census/ready",
    "/ping",
    "/health",
    "/vertex/health",
]


@pytest.fixture
def draining_client(artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes) -> FlaskClient:
    return create_app(artifacts, config, lambda: False, vertex_routes=vertex_routes).test_client()


@pytest.mark.parametrize("path", LIVENESS + READINESS)
def test_probe_is_200_without_a_token(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", READINESS)
def test_readiness_is_503_during_a_drain(draining_client: FlaskClient, path: str) -> None:
    assert draining_client.get(path).status_code == 503


@pytest.mark.parametrize("path", LIVENESS)
def test_liveness_is_200_during_a_drain(draining_client: FlaskClient, path: str) -> None:
    assert draining_client.get(path).status_code == 200
