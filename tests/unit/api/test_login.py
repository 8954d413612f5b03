"""Credentials as HTTP clients encode them, and what the login answers."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from conftest import KEY
from ml_census import auth
from ml_census.api.app import create_app
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.loading import Model
from ml_census.models.schema_inference import infer_schema
from support.sample_models import NAMES, SampleModel

USERS = {"jürgen": "grün", "jos\xe9\x92": "x", "alice": "Ã¼", "census": "census"}


@pytest.fixture(scope="module")
def artifacts(sample_model: Callable[[str], SampleModel]) -> Artifacts:
    made = sample_model("article")
    model = Model(
        SklearnPredictor(made.model, infer_schema(made.model, NAMES)), "0123456789ab", {"kind": "original"}, "1.9.0"
    )
    return Artifacts(model, None, USERS, auth.parse_keys(KEY.encode()))


@pytest.fixture
def client(artifacts: Artifacts) -> FlaskClient:
    return create_app(artifacts, Config("", "", "", trusted_proxies=1)).test_client()


def basic(name: str, password: str, encoding: str = "utf-8") -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode(encoding)).decode()}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize(("name", "password"), [("jürgen", "grün"), ("JÜRGEN", "grün"), ("jos\xe9\x92", "x")])
def test_credentials_may_be_utf_8_or_latin_1(client: FlaskClient, name: str, password: str, encoding: str) -> None:
    """requests and other clients send text as Latin-1, browsers as UTF-8."""
    assert client.get("/login", headers=basic(name, password, encoding)).status_code == 200


def test_bytes_that_are_utf_8_are_read_as_utf_8_only(client: FlaskClient) -> None:
    """In Latin-1 the bytes of "ü" are the characters "Ã¼", which is another password."""
    assert client.get("/login", headers=basic("alice", "ü")).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_login_says_how_long_the_token_lasts(client: FlaskClient, method: str) -> None:
    answer = client.open("/login", method=method, headers=basic("census", "census"))

    assert answer.status_code == 200
    assert list(answer.json) == ["token", "expires_in"]  # type: ignore[arg-type]
    assert answer.json["expires_in"] == auth.TOKEN_SECONDS  # type: ignore[index]


def test_the_longest_credentials_that_may_be_somebodys_fit_into_the_header(artifacts: Artifacts) -> None:
    name, password = "n" * auth.MAX_NAME_BYTES, "p" * auth.MAX_PASSWORD_BYTES
    client = create_app(replace(artifacts, users={name: password}), Config("", "", "")).test_client()

    assert client.get("/login", headers=basic(name, password)).status_code == 200


def forwarded(client: FlaskClient, password: str, address: str) -> int:
    return client.get("/login", headers=basic("census", password) | {"X-Forwarded-For": address}).status_code


@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
def test_an_ipv4_address_in_ipv6_form_is_that_address(client: FlaskClient, prefix: str) -> None:
    """Or one network of 64 bits would hold every IPv4 client."""
    for _ in range(5):
        forwarded(client, "wrong", f"{prefix}192.0.2.1")

    assert forwarded(client, "census", "192.0.2.1") == 429
    assert forwarded(client, "census", f"{prefix}192.0.2.2") == 200
