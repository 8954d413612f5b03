"""/login."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ml_census import auth
from ml_census.api.app import create_app
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config


def login(client: FlaskClient, password: str, address: str = "", user: str = "census") -> TestResponse:
    return client.get("/login", auth=(user, password), headers={"X-Forwarded-For": address})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_login_returns_a_token_that_is_not_cached(client: FlaskClient, method: str) -> None:
    response = client.open("/login", method=method, auth=("Census", "census"))

    assert response.status_code == 200
    assert list(response.json or {}) == ["token", "expires_in"]
    assert response.json["expires_in"] == auth.TOKEN_SECONDS  # type: ignore[index]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic Y2Vuc3Vz",  # census, no colon
        "Basic Y2Vuc3VzOg==",  # census and an empty password
        "Basic Y2Vuc3VzOndyb25n",  # census:wrong
        "Basic bm9ib2R5OmNlbnN1cw==",  # nobody:census
        "Basic Y2Vuc3VzOmNlbnN1cw",  # census:census without the padding
        "Basic Y2Vuc3VzOmNlbnN1cw= =",
        "Basic\tY2Vuc3VzOmNlbnN1cw==",
        "Basic Y2Vuc3VzADpjZW5zdXM=",  # NUL after census
        "Basic Y2Vuc3VzOmNlbnN1cwA=",
        "Basic Y2Vuc3VzOj8_Pz4-",  # alphabet for URLs
        "Basic Y2Vuc3VzOmNlbnN1czpjZW5zdXM=",  # census:census:census
        "Basic Y2Vuc3VzOmNlbnN1cw==, Basic Y2Vuc3VzOmNlbnN1cw==",
        "Basic " + "Y2Vuc3VzOmNlbnN1cw==" * 500,
        "Basic /////w==",
        "Basic \xff\xff",
        "Bearer x",
        "census:census",
        "Digest username=census",
    ],
)
def test_failed_login_is_a_401_with_the_native_body(client: FlaskClient, header: str | None) -> None:
    response = client.get("/login", headers={"Authorization": header} if header else {})

    assert response.status_code == 401
    assert response.data == b'{"error message": "your password or username is invalid"}'
    assert response.headers["WWW-Authenticate"] == 'Basic realm="ml-census", charset="UTF-8"'
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["HEAD", "PUT"])
def test_login_has_get_and_post_only(client: FlaskClient, method: str) -> None:
    response = client.open("/login", method=method, auth=("census", "census"))

    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_sixth_wrong_password_is_throttled(client: FlaskClient) -> None:
    responses = [login(client, "wrong") for _ in range(6)] + [login(client, "census")]

    assert [response.status_code for response in responses] == [401] * 5 + [429] * 2
    assert 0 < int(responses[-1].headers["Retry-After"]) <= 60
    assert responses[-1].json["error message"].startswith("too many wrong passwords")  # type: ignore[index]
    assert {response.headers["Cache-Control"] for response in responses} == {"no-store"}
    assert login(client, "census", user="nobody").status_code == 401


def test_address_is_the_one_that_trusted_proxies_report(artifacts: Artifacts, config: Config) -> None:
    """Behind two proxies this is the second address from the right; clients can forge those before it."""
    client = create_app(artifacts, replace(config, trusted_proxies=2)).test_client()
    for _ in range(5):
        login(client, "wrong", "6.6.6.6, 10.0.0.1, 10.9.9.9")

    assert login(client, "census", "7.7.7.7, 10.0.0.1, 10.9.9.9").status_code == 429
    for other in ("10.0.0.1, 10.0.0.2, 10.9.9.9", ":.", "", "x, y", ", ,"):
        assert login(client, "census", other).status_code == 200


def test_forwarded_address_is_ignored_without_proxies(client: FlaskClient) -> None:
    for number in range(5):
        login(client, "wrong", f"10.0.0.{number}, 10.9.9.9")

    assert login(client, "census", "10.0.0.9, 10.9.9.9").status_code == 429
