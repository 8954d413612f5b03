"""What browsers are shown, where it differs from what programs get."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ml_census.api.app import BLUEPRINTS
from ml_census.web.openapi import build_document
from ml_census.web.views import create_blueprint

PARTS = [blueprint.read_openapi("model") for blueprint in BLUEPRINTS]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(lambda: build_document(PARTS), lambda: None))
    return app.test_client()


@pytest.fixture(scope="module")
def documentation(client: FlaskClient) -> str:
    return client.get("/docs").text


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_a_cache_is_told_that_the_greeting_depends_on_who_asks(client: FlaskClient, accept: str) -> None:
    assert client.get("/", headers={"Accept": accept}).headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    ("header", "value"), [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]
)
def test_page_has_the_headers_that_restrict_browsers(client: FlaskClient, header: str, value: str) -> None:
    assert client.get("/docs").headers[header] == value


def test_what_most_clients_need_comes_first(documentation: str) -> None:
    paths = re.findall(r'<section id="(/[^"]*)">', documentation)

    assert paths[:3] == ["/login", "/prediction", "/schema"]
    assert len(paths) == len(set(paths))
    assert re.findall(r'<a href="#(/[^"]*)">', documentation) == paths


def test_an_example_can_be_typed(documentation: str) -> None:
    start = documentation.partition('<section id="/login">')[0]

    assert re.search(r"curl .*/login\b", start) and re.search(r"curl .*/prediction\b", start)


def test_answers_are_described(documentation: str) -> None:
    """In full, or by a link to a schema below."""
    login = documentation.partition('<section id="/login">')[2].partition("</section>")[0]

    assert "<td>200</td>" in login and "- token" in login
    assert '<a href="#Error">Error</a>' in login
    assert set(re.findall(r'href="#([A-Z]\w*)"', documentation)) <= set(re.findall(r'id="(\w+)"', documentation))
