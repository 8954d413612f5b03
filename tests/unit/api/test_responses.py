"""JSON of a response, in the spelling of the native protocol."""

from ml_census.api.responses import json_response, to_json


def test_json_has_blanks_and_no_line_end() -> None:
    assert to_json({"predictions": ["a", 1], "b": None}) == '{"predictions": ["a", 1], "b": null}'


def test_response_has_status_headers_and_type() -> None:
    response = json_response({"error": "é"}, 429, {"Retry-After": "7"})

    assert (response.status_code, response.mimetype, response.headers["Retry-After"]) == (429, "application/json", "7")
    assert response.data == b'{"error": "\\u00e9"}'
