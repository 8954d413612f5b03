"""CORS headers of a response."""

import pytest

from ml_census.config import cors

ORIGIN = "https://a.example"
ALLOWED = {"Access-Control-Allow-Origin": ORIGIN, "Access-Control-Expose-Headers": "*", "Vary": "Origin"}


def test_default_port_is_removed_from_an_origin() -> None:
    origins = ["https://a.example:443", "http://b.example:80", "https://c.example:80", "*"]

    assert cors.normalize_origins(origins) == {"https://a.example", "http://b.example", "https://c.example:80", "*"}


def test_response_without_configured_origins_has_no_headers() -> None:
    assert cors.response_headers(frozenset(), "GET", {"ORIGIN": ORIGIN}) == []


@pytest.mark.parametrize("request_headers", [{}, {"ORIGIN": "https://b.example"}])
def test_response_to_another_origin_only_varies(request_headers: dict[str, str]) -> None:
    assert cors.response_headers({ORIGIN}, "GET", request_headers) == [("Vary", "Origin")]


def test_response_to_a_configured_origin_is_readable() -> None:
    assert dict(cors.response_headers({ORIGIN}, "POST", {"ORIGIN": ORIGIN})) == ALLOWED


def test_response_to_any_origin_names_the_wildcard() -> None:
    headers = dict(cors.response_headers({"*"}, "GET", {"ORIGIN": ORIGIN}))

    assert headers["Access-Control-Allow-Origin"] == "*"


def test_response_to_a_preflight_names_methods_and_headers() -> None:
    request = {"ORIGIN": ORIGIN, "ACCESS_CONTROL_REQUEST_METHOD": "POST"}

    assert dict(cors.response_headers({ORIGIN}, "OPTIONS", request)) == ALLOWED | dict(cors.PREFLIGHT)
