"""The bypass of Flask responds as Flask does."""

from typing import Any

import pytest
from flask import request, request_started
from flask.testing import FlaskClient

from ml_census.api.fast_path import FastPathFlask
from support.api_requests import PREDICTION, ROW, Post

THROUGH_FLASK = f"{PREDICTION}?proba=false"
"""A query parameter excludes a request from the bypass."""


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"inputs": [ROW, ROW]}, {}),
        ({"inputs": [[39, "Astronaut", 14, "Male"]]}, {}),
        ({"inputs": [["abc", "Private", 14, "Male"]]}, {}),
        ({"inputs": [[1e30, "Private", 1, "Male"]]}, {}),
        ({"inputs": []}, {}),
        ({"inputs": 11 * [ROW]}, {}),
        (b"", {}),
        (b"{", {}),
        (b"\xff", {}),
        (b" " * 20_000, {}),
        (b" " * 20_001, {}),
        ({"inputs": [ROW]}, {"Authorization": ""}),
        ({"inputs": [ROW]}, {"Authorization": "x"}),
        ({"inputs": [ROW]}, {"Content_Type": "application/json;charset=utf-8"}),
        ({"inputs": [ROW]}, {"Content_Type": "application/json; charset=UTF-8"}),
        ({"inputs": [ROW]}, {"Content_Type": "application/json; charset=latin-1"}),
        ({"inputs": [ROW]}, {"Content_Type": "application/vnd.api+json"}),
        ({"inputs": [ROW]}, {"Content_Type": "text/plain"}),
        ({"inputs": [ROW]}, {"Content_Type": ""}),
        ({"inputs": [ROW]}, {"Host": "a b"}),
    ],
)
def test_fast_path_responds_as_flask_does(post: Post, body: Any, headers: dict[str, str]) -> None:
    headers = {"X_Request_Id": "same", **headers}

    bypass, flask = (post(path, body, **headers) for path in (PREDICTION, THROUGH_FLASK))

    assert (bypass.status, bypass.data) == (flask.status, flask.data)
    assert sorted(bypass.headers) == sorted(flask.headers)


def test_usual_request_bypasses_flask(client: FlaskClient, post: Post) -> None:
    dispatched: list[str] = []

    def note(_app: FastPathFlask, **_: Any) -> None:
        dispatched.append(request.path)

    with request_started.connected_to(note):
        assert post(PREDICTION, {"inputs": [ROW]}).status_code == 200
        assert dispatched == []
        assert post(THROUGH_FLASK, {"inputs": [ROW]}).status_code == 200

    assert dispatched == [PREDICTION]
