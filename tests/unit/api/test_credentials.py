"""Credentials as HTTP clients encode them, and protocols that need none."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from ml_census import auth
from ml_census.api.app import create_app
from ml_census.api.views.vertex import VertexRoutes
from ml_census.artifacts.bundle import Artifacts
from ml_census.config import Config
from support.api_requests import MLFLOW, PREDICTION, ROW, V1, V2, VERTEX, VERTEX_HEALTH, Post

USERS = {"jürgen": "grün", "jos\xe9\x92": "x", "alice": "Ã¼", "u": "p:q", "census": "census"}
MISSING, INVALID = b'{"error message": "Token is missing!"}', b'{"error message": "Token is invalid!"}'

Login = Callable[..., int]


@pytest.fixture
def login(artifacts: Artifacts, config: Config) -> Login:
    """Return a function that logs in with an Authorization header behind one proxy, and returns the status."""
    client = create_app(replace(artifacts, users=USERS), replace(config, trusted_proxies=1)).test_client()

    def status(authorization: str, forwarded: str = "") -> int:
        headers = {"Authorization": authorization, "X-Forwarded-For": forwarded}
        return client.get("/login", headers=headers).status_code

    return status


def basic(name: str, password: str, encoding: str = "utf-8") -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode(encoding)).decode()


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize(("name", "password"), [("jürgen", "grün"), ("JÜRGEN", "grün"), ("jos\xe9\x92", "x")])
def test_credentials_may_be_utf_8_or_latin_1(login: Login, name: str, password: str, encoding: str) -> None:
    """requests and other clients send text as Latin-1, browsers as UTF-8."""
    assert login(basic(name, password, encoding)) == 200


def test_valid_utf_8_is_not_read_as_latin_1(login: Login) -> None:
    """In Latin-1 the bytes of "ü" are the characters "Ã¼", which is another password."""
    assert login(basic("alice", "ü")) == 401


@pytest.mark.parametrize("header", ["Basic dTpwOnE=", "basic dTpwOnE=", "Basic  dTpwOnE="])
def test_password_may_contain_a_colon(login: Login, header: str) -> None:
    """The header is u:p:q, after one or more blanks (RFC 9110, 11.4)."""
    assert login(header) == 200


def test_longest_valid_credentials_fit_into_the_header(artifacts: Artifacts, config: Config) -> None:
    name, password = "n" * auth.MAX_NAME_BYTES, "p" * auth.MAX_PASSWORD_BYTES
    client = create_app(replace(artifacts, users={name: password}), config).test_client()

    assert client.get("/login", headers={"Authorization": basic(name, password)}).status_code == 200


@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
def test_ipv4_address_in_ipv6_form_is_one_client(login: Login, prefix: str) -> None:
    """The /64 network of the IPv6 form contains every IPv4 address."""
    for _ in range(5):
        login(basic("census", "wrong"), f"{prefix}192.0.2.1")

    assert login(basic("census", "census"), "192.0.2.1") == 429
    assert login(basic("census", "census"), f"{prefix}192.0.2.2") == 200


def test_ipv6_network_of_64_bits_is_one_client(login: Login) -> None:
    for number in range(5):
        login(basic("census", "wrong"), f"2001:db8::{number}")

    assert login(basic("census", "census"), "2001:db8::9") == 429
    assert login(basic("census", "census"), "2001:db8:1::9") == 200
    assert login(basic("census", "census"), "fe80::1%eth0") == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer "])
def test_token_is_accepted_bare_and_as_bearer(post: Post, token: str, method: str, scheme: str) -> None:
    response = post(PREDICTION, {"inputs": [ROW]}, method=method, Authorization=scheme + token)

    assert response.status_code == 200


@pytest.mark.parametrize("header", ["", " ", "Bearer", "Bearer "])
def test_missing_token_is_a_403_at_prediction(post: Post, header: str) -> None:
    response = post(PREDICTION, {"inputs": [ROW]}, Authorization=header)

    assert (response.status_code, response.data) == (403, MISSING)


@pytest.mark.parametrize(
    "header", ["x", "Bearer x", "Bearer a.b.c", "Basic Y2Vuc3VzOmNlbnN1cw==", "Bearer " + "x" * 9000]
)
def test_invalid_token_is_a_403_at_prediction(post: Post, header: str) -> None:
    response = post(PREDICTION, {"inputs": [ROW]}, Authorization=header)

    assert (response.status_code, response.data) == (403, INVALID)


def test_token_is_read_from_authorization_only(client: FlaskClient, token: str) -> None:
    """Queries and bodies are logged by proxies."""
    for query in ("token", "access_token", "Authorization"):
        path, body = f"/prediction?{query}={token}", {"inputs": [ROW], query: token}
        headers = {query.title().replace("_", "-"): token} if query != "Authorization" else {}
        headers |= {"Cookie": f"{query}={token}", "X-Authorization": token, "Proxy-Authorization": token}

        response = client.post(path, json=body, headers=headers)

        assert (response.status_code, response.data) == (403, MISSING)


def test_token_is_checked_before_the_body(post: Post) -> None:
    """A client without a token learns nothing about the format."""
    assert post(PREDICTION, b"{", Authorization="x").status_code == 403


@pytest.mark.parametrize(
    ("protocol", "path"), [("kserve", V1), ("open-inference", V2), ("mlflow", MLFLOW), ("vertex", VERTEX)]
)
def test_unauthenticated_protocol_opens_no_other(
    artifacts: Artifacts, config: Config, vertex_routes: VertexRoutes, protocol: str, path: str
) -> None:
    """An empty document is a 400 without authentication, and a 401 or 403 with it."""
    config = replace(config, unauthenticated_protocols=(protocol,))
    client = create_app(artifacts, config, vertex_routes=vertex_routes).test_client()
    paths = [V1, V2, MLFLOW, VERTEX, PREDICTION]

    statuses = {each: client.post(each, json={}).status_code for each in paths}

    assert statuses == {each: 400 if each == path else 403 if each == PREDICTION else 401 for each in paths}
    assert client.get(VERTEX_HEALTH).status_code == 200


def test_shared_path_is_open_if_vertex_is(artifacts: Artifacts, config: Config) -> None:
    """Vertex AI may use the path of another protocol."""
    config = replace(config, unauthenticated_protocols=("vertex",))
    client = create_app(artifacts, config, vertex_routes=VertexRoutes(V1, VERTEX_HEALTH)).test_client()

    assert client.post(V1, json={}).status_code == 400
    assert client.post(MLFLOW, json={}).status_code == 401
