"""The pages for browsers."""

import gzip
import re

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient

from ml_census.api.app import BLUEPRINTS
from ml_census.api.web.openapi import build_document
from ml_census.api.web.views import create_blueprint


def client_for(report: bytes | None) -> FlaskClient:
    app = Flask(__name__)
    parts = [blueprint.read_openapi("model") for blueprint in BLUEPRINTS]
    app.register_blueprint(create_blueprint(lambda: build_document(parts, needs_token=bool), lambda: report))
    return app.test_client()


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return client_for(b"<h1>Report</h1>")


@pytest.fixture(scope="module")
def documentation(client: FlaskClient) -> str:
    return client.get("/docs").text


@pytest.mark.parametrize(
    ("accept", "mimetype"), [(None, "text/plain"), ("*/*", "text/plain"), ("text/html,*/*;q=0.8", "text/html")]
)
def test_index_is_a_page_for_browsers_only(client: FlaskClient, accept: str | None, mimetype: str) -> None:
    response = client.get("/", headers={"Accept": accept} if accept else {})

    assert (response.status_code, response.mimetype) == (200, mimetype)
    assert "Accept" in response.vary


@pytest.mark.parametrize(
    ("path", "mimetype", "policy"),
    [
        ("/", "text/html", "script-src 'self'"),
        ("/docs", "text/html", "script-src 'self'"),
        ("/report", "text/html", "style-src 'unsafe-inline'"),
        ("/js/main.js", "text/javascript", None),
        ("/page.css", "text/css", None),
        ("/openapi.yaml", "application/yaml", None),
        ("/openapi.json", "application/json", None),
    ],
)
def test_page_has_a_content_security_policy(client: FlaskClient, path: str, mimetype: str, policy: str | None) -> None:
    response = client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})

    assert (response.status_code, response.mimetype) == (200, mimetype)
    header = response.headers.get("Content-Security-Policy", "")
    assert (policy or "") in header and ("default-src 'none'" in header) is (policy is not None)
    assert "script-src 'unsafe" not in header


@pytest.mark.parametrize(
    ("header", "value"), [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]
)
def test_page_has_the_headers_that_restrict_browsers(client: FlaskClient, header: str, value: str) -> None:
    assert client.get("/docs").headers[header] == value


def test_missing_report_is_a_404() -> None:
    assert client_for(None).get("/report").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None), ("gzip;q=0", None), ("", None)]
)
@pytest.mark.parametrize("path", ["/page.css", "/docs", "/report"])
def test_file_is_compressed_if_the_client_accepts(
    client: FlaskClient, path: str, accepted: str, encoding: str | None
) -> None:
    plain = client.get(path)
    response = client.get(path, headers={"Accept-Encoding": accepted})

    assert response.content_encoding == encoding
    assert (gzip.decompress(response.data) if encoding else response.data) == plain.data
    assert "Accept-Encoding" in response.vary


def test_docs_with_a_slash_redirect_to_the_page(client: FlaskClient) -> None:
    response = client.get("/docs/")

    assert (response.status_code, response.headers["Location"]) == (308, "../docs")


def test_json_and_yaml_have_the_same_document(client: FlaskClient) -> None:
    assert client.get("/openapi.json").json == yaml.safe_load(client.get("/openapi.yaml").text)


def test_docs_begin_with_what_most_clients_need(documentation: str) -> None:
    paths = re.findall(r'<section id="(/[^"]*)">', documentation)

    assert paths[:3] == ["/login", "/prediction", "/schema"]
    assert len(paths) == len(set(paths))
    assert re.findall(r"</span><code>(/[^<]*)</code>", documentation) == paths


def test_docs_have_a_section_for_each_path_of_the_api(documentation: str) -> None:
    paths = {path for blueprint in BLUEPRINTS for path in blueprint.read_openapi("model")["paths"]}

    sections = set(re.findall(r'<section id="(/[^"]*)">', documentation))
    assert sections == paths | {"/report", "/openapi.yaml", "/openapi.json"}


def test_docs_have_an_example_to_copy(documentation: str) -> None:
    start = documentation.partition('<section id="/login">')[0]

    assert re.search(r"curl .*/login\b", start) and re.search(r"curl .*/prediction\b", start)


def test_docs_describe_responses_or_link_their_schema(documentation: str) -> None:
    login = documentation.partition('<section id="/login">')[2].partition("</section>")[0]

    assert "Response 200: " in login and "token: string" in login
    assert '<a href="#Error">Error</a>' in login
    assert set(re.findall(r'href="#([A-Z]\w*)"', documentation)) <= set(re.findall(r'id="(\w+)"', documentation))


def test_docs_show_each_form_of_a_body(documentation: str) -> None:
    section = documentation.partition('<section id="/invocations">')[2].partition("</section>")[0]

    assert "Body: <code>application/json</code>" in section and "dataframe_split" in section
