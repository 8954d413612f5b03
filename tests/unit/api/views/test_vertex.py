"""Vertex AI's paths."""

import pytest

from ml_census.api.app import check_vertex_routes, create_app
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from support.api_requests import MLFLOW, ROWS, V1, V2, VERTEX, VERTEX_HEALTH, Post


def test_vertex_predicts_as_prediction_does(post: Post, expected: list[str]) -> None:
    assert post(VERTEX, {"instances": ROWS}).json == {"predictions": expected}


@pytest.mark.parametrize("predict", [V1, MLFLOW, "/predict"])
@pytest.mark.parametrize("health", ["/readyz", "/ping", "/v1/models/census", "/healthy/"])
def test_vertex_may_share_paths_of_the_same_purpose(config: Config, predict: str, health: str) -> None:
    check_vertex_routes(config, VertexRoutes(predict, health))


@pytest.mark.parametrize(
    ("predict", "health"),
    [
        ("/login", VERTEX_HEALTH),
        ("/prediction", VERTEX_HEALTH),
        (V2, VERTEX_HEALTH),
        ("/readyz", VERTEX_HEALTH),
        ("/docs", VERTEX_HEALTH),
        (VERTEX, "/"),
        ("/v2/models/census/versions/7/infer", VERTEX_HEALTH),
        (VERTEX, "/version"),
        (VERTEX, V1),
        (VERTEX, VERTEX),
    ],
)
def test_path_of_another_purpose_is_rejected(config: Config, predict: str, health: str) -> None:
    with pytest.raises(ValueError, match="is another path of the server|cannot be both"):
        check_vertex_routes(config, VertexRoutes(predict, health))


@pytest.mark.parametrize("path", ["predict", "/p/<x>", "/p?x", "/p{x}", ""])
def test_path_with_special_characters_is_rejected(path: str) -> None:
    with pytest.raises(ValueError, match="must be a path"):
        VertexRoutes(path, VERTEX_HEALTH)


def test_shared_path_keeps_its_own_body_format(artifacts: Artifacts, config: Config, token: str) -> None:
    client = create_app(artifacts, config, vertex_routes=VertexRoutes(MLFLOW, "/ping")).test_client()

    response = client.post(MLFLOW, json={"dataframe_split": {"data": ROWS}}, headers={"Authorization": token})

    assert response.status_code == 200
