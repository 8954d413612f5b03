"""The contract of the native protocol, over HTTP."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
import requests

from conftest import KEY
from support.live_server import SECONDS, Server, Start
from support.sample_models import SAMPLE_MODELS, SampleModel

ROW = [39, "Private", 14, "Male"]


def test_example_client_of_the_article_gets_predictions(server: Server) -> None:
    """Run the lines of the article's client: log in with Basic, send the bare token."""
    endpoint = server.url + "/"

    response = requests.get(endpoint + "login", auth=("census", "census"), timeout=SECONDS)
    headers = {"Authorization": response.json()["token"]}
    response = requests.post(endpoint + "prediction", headers=headers, json={"inputs": [ROW, ROW]}, timeout=SECONDS)

    assert response.json() == {"predictions": ["Annual Salary >50K", "Annual Salary >50K"]}


@pytest.mark.parametrize("name", SAMPLE_MODELS)
def test_each_sample_model_is_served(start: Start, sample_model: Callable[[str], SampleModel], name: str) -> None:
    response = start(name).predict(sample_model(name).rows)

    assert response.status_code == 200
    assert response.json()["predictions"] == sample_model(name).decoded()


def test_token_is_an_hs256_jwt_of_720_seconds(server: Server) -> None:
    claims = jwt.decode(server.token(), KEY, algorithms=["HS256"], audience="ml-census")

    assert claims["exp"] - claims["iat"] == 720


def test_error_bodies_equal_the_native_protocol(server: Server) -> None:
    url = server.url

    failed_login = requests.get(f"{url}/login", auth=("census", "wrong"), timeout=SECONDS)
    no_token = requests.post(f"{url}/prediction", json={"inputs": [ROW]}, timeout=SECONDS)
    bad_token = requests.post(
        f"{url}/prediction", json={"inputs": [ROW]}, headers={"Authorization": "x"}, timeout=SECONDS
    )

    assert (failed_login.status_code, failed_login.content) == (
        401,
        b'{"error message": "your password or username is invalid"}',
    )
    assert (no_token.status_code, no_token.content) == (403, b'{"error message": "Token is missing!"}')
    assert (bad_token.status_code, bad_token.content) == (403, b'{"error message": "Token is invalid!"}')


def test_get_with_a_body_is_handled_as_post(server: Server) -> None:
    headers = {"Authorization": f"Bearer {server.token()}"}

    response = requests.get(f"{server.url}/prediction", headers=headers, json={"inputs": [ROW]}, timeout=SECONDS)

    assert response.json() == {"predictions": ["Annual Salary >50K"]}


def test_health_routes_require_no_token(server: Server) -> None:
    url = server.url

    assert [
        requests.get(url + path, timeout=SECONDS).status_code for path in ("/", "/livez", "/readyz", "/version")
    ] == [200] * 4


@pytest.mark.parametrize(
    ("size", "status"), [(1024 * 1024, 400), (1024 * 1024 + 1, 413), (2 * 1024 * 1024 - 1000, 413)]
)
def test_body_over_the_limit_is_a_413_with_json(server: Server, size: int, status: int) -> None:
    headers = {"Authorization": server.token(), "Content-Type": "application/json"}

    response = requests.post(f"{server.url}/prediction", headers=headers, data=b" " * size, timeout=SECONDS)

    assert response.status_code == status
    assert "error message" in response.json()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET //login HTTP/1.1", 401),
        ("GET /login/ HTTP/1.1", 404),
        ("GET /login;x HTTP/1.1", 404),
        ("GET /%6cogin HTTP/1.1", 401),
        ("GET /%2e/login HTTP/1.1", 404),
        ("GET /livez/../prediction HTTP/1.1", 404),
        ("GET /livez/%2e%2e/prediction HTTP/1.1", 404),
        ("GET /livez%2f..%2fprediction HTTP/1.1", 404),
        ("GET /v1//models HTTP/1.1", 404),
        ("GET http://evil.example/prediction HTTP/1.1", 403),
        ("GET http://evil.example//schema HTTP/1.1", 401),
        ("DELETE /login HTTP/1.1", 405),
        ("PUT /prediction HTTP/1.1", 405),
        ("TRACE /login HTTP/1.1", 405),
        ("nonsense", 400),
        ("GET http://[/ HTTP/1.1", 400),
        (f"POST / HTTP/1.1\r\nContent-Length: {'9' * 5000}", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked", 400),
    ],
)
def test_unusual_request_is_rejected_with_json(server: Server, head: str, status: int) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        connection.sendall(head.encode() + b"\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        response = b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    assert re.match(rf"HTTP/1\.[01] {status} ", response)
    assert "\r\nContent-Type: application/json\r\n" in response
    assert ("\r\nAllow: " in response) == (status == 405)
    assert "Server:" not in response
    assert "evil" not in response


@pytest.mark.parametrize("path", ["login", "prediction", "schema", "livez"])
def test_options_lists_the_methods_of_a_path(server: Server, path: str) -> None:
    response = requests.options(f"{server.url}/{path}", auth=("census", "census"), timeout=SECONDS)

    assert response.status_code == 200
    assert "GET" in response.headers["Allow"]
    assert response.content == b""


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"User-Agent": "GoogleHC/1.0"}, ""),
        ({"User-Agent": "kube-probe/1.33"}, ""),
        ({"X-Forwarded-Uri": "/livez", "X-Original-URL": "/livez", "X-Rewrite-URL": "/livez"}, ""),
        ({"X-HTTP-Method-Override": "OPTIONS"}, ""),
        ({"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}, ""),
        ({"X-Forwarded-User": "census", "X-Remote-User": "census", "X-Goog-Authenticated-User-Email": "census"}, ""),
        ({"X_Forwarded_User": "census", "REMOTE_USER": "census", "Remote-User": "census"}, ""),
        ({"HTTP_AUTHORIZATION": "TOKEN", "Author_ization": "TOKEN", "X-Authorization": "TOKEN"}, ""),
        ({}, "?/livez"),
        ({}, "?path=/livez&token=TOKEN"),
    ],
)
def test_request_without_token_is_rejected(server: Server, headers: dict[str, str], query: str) -> None:
    token = server.token()
    headers = {name: value.replace("TOKEN", token) for name, value in headers.items()}
    query = query.replace("TOKEN", token)
    paths_by_method = {
        "POST": ("/prediction", "/v2/models/model/infer", "/invocations"),
        "GET": ("/schema", "/prediction"),
    }

    responses = [
        requests.request(method, server.url + path + query, json={"inputs": [ROW]}, headers=headers, timeout=SECONDS)
        for method, paths in paths_by_method.items()
        for path in paths
    ]

    assert [response.status_code for response in responses] == [403, 401, 401, 401, 403]


@pytest.mark.parametrize(("size", "login", "prediction"), [(9_000, 401, 403), (17_000, 431, 431)])
def test_long_credentials_are_rejected(server: Server, size: int, login: int, prediction: int) -> None:
    basic, bearer = ({"Authorization": f"{scheme} {'A' * size}"} for scheme in ("Basic", "Bearer"))

    assert requests.get(f"{server.url}/login", headers=basic, timeout=SECONDS).status_code == login
    assert requests.post(f"{server.url}/prediction", json={}, headers=bearer, timeout=SECONDS).status_code == prediction


@pytest.mark.parametrize("number", ["NaN", "1e400", '"1e400"'])
def test_invalid_number_is_a_400_with_row_and_column(server: Server, number: str) -> None:
    headers = {"Authorization": server.token(), "Content-Type": "application/json"}
    body = f'{{"inputs": [[39, "Private", 14, "Male"], [{number}, "Private", 14, "Male"]]}}'

    response = requests.post(f"{server.url}/prediction", headers=headers, data=body, timeout=SECONDS)

    assert response.status_code == 400
    assert [(item["row"], item["column"]) for item in response.json()["details"]] == [(1, 0)]


@pytest.mark.parametrize(
    "body",
    [
        100_000 * b"[",
        b'{"inputs": ' + 100_000 * b"[",
        100_000 * b'{"inputs":',
        '{"inputs": []}'.encode("utf-8-sig"),
        '{"inputs": []}'.encode("utf-16"),
        b'{"inputs": [], "inputs": [[39, "Private", 14, "Male"]]}',
    ],
    ids=lambda body: str(body[:20]),
)
def test_malformed_json_is_a_400(server: Server, body: bytes) -> None:
    headers = {"Authorization": server.token(), "Content-Type": "application/json"}

    assert requests.post(f"{server.url}/prediction", headers=headers, data=body, timeout=SECONDS).status_code == 400


@pytest.mark.parametrize("number", [20, 33])
def test_chunked_body_over_the_limit_is_a_413(server: Server, number: int) -> None:
    """Send chunks of 64 KiB. The server reads at most twice the limit."""
    head = f"POST /prediction HTTP/1.1\r\nHost: x\r\nAuthorization: {server.token()}\r\nConnection: close\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        connection.sendall(head.encode() + number * (b"10000\r\n" + 65536 * b" " + b"\r\n") + b"0\r\n\r\n")
        response = b"".join(iter(lambda: connection.recv(65536), b""))

    assert response.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nConnection: close\r\n" in response


def test_malformed_request_of_a_gone_client_logs_no_traceback(start: Start) -> None:
    server = start("logistic")
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
            connection.sendall(b"POST /prediction HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:  \r\n\r\n0\r\n\r\n" * 2)

    server.stop()

    assert "Traceback" not in "".join(server.log)


def test_predict_command_compares_the_prediction(server: Server, tmp_path: Path) -> None:
    """Run the command that `helm test` runs."""
    (tmp_path / "password").write_text("census\n")
    command = [sys.executable, "-m", "ml_census", "predict", "--url", server.url, "--user", "census"]
    command += ["--password-file", str(tmp_path / "password"), "--row", json.dumps(ROW), "--expect"]

    right, wrong = (
        subprocess.run([*command, label], capture_output=True, text=True)
        for label in ("Annual Salary >50K", "Annual Salary <50K")
    )

    assert (right.returncode, right.stdout) == (0, '"Annual Salary >50K"\n')
    assert (wrong.returncode, wrong.stderr) == (1, "ml-census: expected Annual Salary <50K\n")
