"""A sample model behind the whole application."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from conftest import KEY
from ml_census import auth
from ml_census.api.app import create_app
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.model import ServedModel
from ml_census.models.schema_inference import infer_schema
from support.api_requests import BODIES, MODEL_NAME, PREDICTION, VERSION, VERTEX, VERTEX_HEALTH, Post
from support.sample_models import SampleModel


@pytest.fixture(scope="session")
def config() -> Config:
    """Return a configuration with limits that a test can exceed."""
    return Config("", "", "", model_name=MODEL_NAME, max_rows=10, max_body_bytes=20_000)


@pytest.fixture(scope="session")
def vertex_routes() -> VertexRoutes:
    """Return paths for Vertex AI that no other protocol has."""
    return VertexRoutes(VERTEX, VERTEX_HEALTH)


@pytest.fixture(scope="session")
def artifacts(sample_model: Callable[[str], SampleModel]) -> Artifacts:
    """Return the sample model "dataframe", served by scikit-learn, with the user census."""
    sample = sample_model("dataframe")
    labels = {int(key): text for key, text in (sample.decoding or {}).items()}
    predictor = SklearnPredictor(sample.model, infer_schema(sample.model))
    model = ServedModel(predictor, VERSION, EngineInfo("sklearn", reason="a test"), "1.9.0", labels=labels)
    return Artifacts(model, {"census": "census"}, auth.parse_keys(KEY.encode()))


@pytest.fixture
def client(artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes) -> FlaskClient:
    """Return a client of an application of its own: no test sees the failed logins of another."""
    return create_app(artifacts, config, vertex_routes=vertex_routes).test_client()


@pytest.fixture(scope="session")
def token(artifacts: Artifacts, config: Config) -> str:
    """Return a token of the user census."""
    login = create_app(artifacts, config).test_client().get("/login", auth=("census", "census"))
    return str(login.json["token"])  # type: ignore[index]


@pytest.fixture
def post(client: FlaskClient, token: str) -> Post:
    """Return a function that sends a request with a token."""

    def send(
        path: str, body: Any, content_type: str = "application/json", /, method: str = "POST", **headers: str
    ) -> TestResponse:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"Authorization": f"Bearer {token}", "Content-Type": content_type} | named
        return client.open(path, method=method, data=data, headers=named)

    return send


@pytest.fixture
def expected(post: Post) -> list[str]:
    """Return the predictions of /prediction for ROWS."""
    return list(post(PREDICTION, BODIES[PREDICTION]).json["predictions"])  # type: ignore[index]
