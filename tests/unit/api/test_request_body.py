"""Compressed bodies, limits, content types and query parameters, the same in every protocol."""

import gzip
import json
import zlib

import pytest

from support.api_requests import BODIES, CSV, MLFLOW, PATHS_OF_ROWS, V2, Post, error_message

LIMIT = 20_000
"""max_body_bytes of the fixture `config`."""


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "identity"])
def test_body_may_be_compressed(post: Post, path: str, encoding: str) -> None:
    text = json.dumps(BODIES[path]).encode()
    plain = post(path, text)

    response = post(path, text if encoding == "identity" else gzip.compress(text), Content_Encoding=encoding)

    assert (response.status_code, response.data) == (200, plain.data)


def test_csv_may_be_compressed(post: Post, expected: list[str]) -> None:
    response = post(MLFLOW, gzip.compress(CSV.encode()), "text/csv", Content_Encoding="gzip")

    assert response.json == {"predictions": expected}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    ("body", "encoding", "status", "reason"),
    [
        (gzip.compress(b" " * (LIMIT + 1)), "gzip", 413, f"larger than max_body_bytes ({LIMIT} bytes)"),
        (gzip.compress(b" " * 100_000_000, 1)[:LIMIT], "gzip", 413, "larger than max_body_bytes"),
        (gzip.compress(b" " * 100)[:-4], "gzip", 400, "one complete member"),
        (gzip.compress(b"{") + gzip.compress(b"}"), "gzip", 400, "one complete member"),
        (b"{}", "gzip", 400, "not gzip"),
        (b"", "gzip", 400, "one complete member"),
        (gzip.compress(b"{}")[:-8] + b"12345678", "gzip", 400, "not gzip"),
        (zlib.compress(b"{}"), "deflate", 415, "Content-Encoding must be gzip"),
        (b"{}", "br", 415, "Content-Encoding must be gzip"),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip", 415, "Content-Encoding must be gzip"),
    ],
    # bytes as ids would differ between the workers of pytest-xdist: the header of gzip contains the time
    ids=["large", "bomb", "cut", "two members", "not compressed", "empty", "wrong sum", "deflate", "brotli", "twice"],
)
def test_damaged_compressed_body_is_rejected(
    post: Post, path: str, body: bytes, encoding: str, status: int, reason: str
) -> None:
    response = post(path, body, Content_Encoding=encoding)

    assert response.status_code == status
    assert reason in error_message(response)


@pytest.mark.parametrize("path", BODIES)
def test_body_over_the_limit_is_a_413(post: Post, path: str) -> None:
    assert post(path, b" " * LIMIT).status_code == 400

    response = post(path, b" " * (LIMIT + 1))

    assert response.status_code == 413
    assert error_message(response) == f"the body is larger than max_body_bytes ({LIMIT} bytes)"


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "application/json; charset=UTF-8", "application/octet-stream", "application/x+json"],
)
def test_json_content_type_is_accepted(post: Post, path: str, content_type: str) -> None:
    assert post(path, BODIES[path], content_type).status_code == 200


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        ("text/plain", "the Content-Type must be application/json"),
        ("application/xml", "the Content-Type must be application/json"),
        ("application/x-www-form-urlencoded", "the Content-Type must be application/json"),
        ("multipart/form-data", "the Content-Type must be application/json"),
        ("application/json; charset=latin-1", "the charset must be utf-8"),
    ],
)
def test_other_content_type_is_a_415(post: Post, path: str, content_type: str, reason: str) -> None:
    response = post(path, BODIES[path], content_type)

    assert response.status_code == 415
    assert error_message(response).startswith(reason)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("query", ["probability=true", "Proba=true", "x"])
def test_unknown_query_parameter_is_rejected(post: Post, path: str, query: str) -> None:
    response = post(f"{path}?{query}", BODIES[path])

    assert response.status_code == 400
    assert f'unknown query parameter "{query.partition("=")[0]}"' in error_message(response)


@pytest.mark.parametrize("path", PATHS_OF_ROWS)
@pytest.mark.parametrize(("query", "name"), [("proba=yes", "proba"), ("warnings=1", "warnings")])
def test_flag_must_be_true_or_false(post: Post, path: str, query: str, name: str) -> None:
    response = post(f"{path}?{query}", BODIES[path])

    assert (response.status_code, error_message(response)) == (400, f"{name} must be true or false")


def test_v2_rejects_flags_with_advice(post: Post) -> None:
    response = post(f"{V2}?proba=true", BODIES[V2])

    assert response.status_code == 400
    assert 'request the output "predict_proba"' in error_message(response)
