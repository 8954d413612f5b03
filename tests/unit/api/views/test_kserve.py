"""KServe V1."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from support.api_requests import RECORDS, ROWS, V1, Post


@pytest.mark.parametrize(
    "body", [{"instances": ROWS}, {"instances": RECORDS}, {"inputs": ROWS}], ids=["instances", "records", "inputs"]
)
def test_v1_predicts_as_prediction_does(post: Post, expected: list[str], body: dict[str, Any]) -> None:
    assert post(V1, body).json == {"predictions": expected}


def test_v1_reports_the_model(client: FlaskClient) -> None:
    assert client.get("/v1/models").json == {"models": ["census"]}
    assert client.get("/v1/models/census").json == {"name": "census", "ready": True}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"rows": ROWS}, '"instances"'),
        ([], '"instances"'),
        (b"{", "not JSON"),
        ({"instances": [[39, "Private", 14]]}, "row 0: expected a list of 4 values"),
        ({"instances": [*ROWS, ["x", "Private", 14, "Male"]]}, 'row 2, column age: expected a number, got "x"'),
    ],
)
def test_v1_error_has_the_place_in_its_message(post: Post, body: Any, part: str) -> None:
    response = post(V1, body)

    assert response.status_code == 400
    assert list(response.json or {}) == ["error"]
    assert part in (response.json or {})["error"]
