"""Error responses in the format of each protocol."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from ml_census.api.app import create_app
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.schema import Columns
from support.api_requests import BODIES, MLFLOW, PREDICTION, ROWS, V1, V2, VERTEX, Post, error_message, tensors

NO_ROUTE = "path not found: GET /docs lists all paths"
OTHER_MODEL = 'model "other" not found: the server has the model "census"'
KEYS = {PREDICTION: {"error message"}, MLFLOW: {"error_code", "message"}}
"""Keys of the error document; other protocols have `error` alone."""


class FailingPredictor(SklearnPredictor):
    """A model that raises an unexpected exception, whose message contains a value of the client."""

    def predict(self, columns: Columns) -> list[Any]:
        raise ValueError(columns)


@pytest.mark.parametrize("path", ["/prediction", "/prediction?proba=false"])
def test_unexpected_exception_returns_json_500(
    artifacts: Artifacts, config: Config, token: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has type and place of the exception, without its message."""
    predictor = artifacts.predictor
    assert isinstance(predictor, SklearnPredictor)
    failing = replace(artifacts.model, predictor=FailingPredictor(predictor.model, predictor.schema))
    client = create_app(replace(artifacts, model=failing), config).test_client()
    rows, headers = [[39, "canary", 14, "Male"]], {"Authorization": token, "X-Request-Id": "abc"}

    response = client.post(path, json={"inputs": rows}, headers=headers)

    assert response.status_code == 500
    assert "error message" in (response.json or {})
    assert response.headers["X-Request-Id"] == "abc"
    assert "request abc: ValueError" in caplog.text and "in predict" in caplog.text
    assert "canary" not in caplog.text + response.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/login/", 404),
        ("GET", "/login;x", 404),
        ("GET", "/./login", 404),
        ("GET", "/Login", 404),
        ("PUT", "/login", 405),
        ("PUT", "/prediction", 405),
        ("TRACE", "/", 405),
    ],
)
def test_http_error_is_json_with_a_request_id(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method)

    assert response.status_code == status
    assert "error message" in (response.json or {})
    assert response.headers["X-Request-Id"]
    assert ("Allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/models/other:predict", OTHER_MODEL),
        ("/v1/models/other", OTHER_MODEL),
        ("/v2/models/other/infer", OTHER_MODEL),
        ("/v2/models/other/versions/1/ready", OTHER_MODEL),
        ("/v2/models/census/explain", NO_ROUTE),
        ("/v1/models/census:explain", NO_ROUTE),
        ("/invocation", NO_ROUTE),
        ("/predict", NO_ROUTE),
    ],
)
def test_path_without_a_route_is_a_404_with_advice(post: Post, path: str, message: str) -> None:
    response = post(path, {})

    assert (response.status_code, error_message(response)) == (404, message)


@pytest.mark.parametrize(
    ("path", "key"), [("/v1/models/other:predict", "error"), ("/v2/nowhere", "error"), ("/v2foo", "error message")]
)
def test_404_has_the_format_of_the_first_segment(client: FlaskClient, path: str, key: str) -> None:
    assert list(client.get(path).json or {}) == [key]


@pytest.mark.parametrize(("method", "path", "allowed"), [("POST", "/version", "GET"), ("GET", V1, "POST")])
def test_405_names_the_allowed_methods(client: FlaskClient, method: str, path: str, allowed: str) -> None:
    response = client.open(path, method=method)

    assert (response.status_code, error_message(response)) == (405, f"the method must be {allowed}")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (V1, {"error": "Token is missing!"}),
        (V2, {"error": "Token is missing!"}),
        (MLFLOW, {"error_code": "UNAUTHENTICATED", "message": "Token is missing!"}),
        (VERTEX, {"error": "Token is missing!"}),
        ("/schema", {"error message": "Token is missing!"}),
    ],
)
def test_missing_token_is_a_401_outside_of_prediction(client: FlaskClient, path: str, error: dict[str, str]) -> None:
    response = client.post(path, json=BODIES[path]) if path in BODIES else client.get(path)

    assert (response.status_code, response.json) == (401, error)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("sent", "error"), [(None, ""), ("x.y.z", ', error="invalid_token"')])
def test_token_error_has_a_challenge(client: FlaskClient, sent: str | None, error: str) -> None:
    response = client.post(PREDICTION, json={"inputs": []}, headers={"Authorization": sent} if sent else {})

    assert response.status_code == 403
    assert response.headers["WWW-Authenticate"] == f'Bearer realm="ml-census"{error}'


@pytest.mark.parametrize("path", BODIES)
def test_too_many_rows_are_a_413_in_every_protocol(post: Post, path: str) -> None:
    (name,) = BODIES[path]
    body = {"inputs": tensors([6 * column for column in map(list, zip(*ROWS, strict=True))])}

    response = post(path, body if path == V2 else {name: 6 * ROWS})

    assert response.status_code == 413
    assert error_message(response) == "12 rows exceed max_rows (10): split the request"
    assert (response.json or {}).keys() == KEYS.get(path, {"error"})
