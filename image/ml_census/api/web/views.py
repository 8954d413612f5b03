"""Web pages for browsers. No page loads anything from another host. No page contains a row or a user name."""

import gzip
import json
from collections.abc import Callable
from functools import cache, lru_cache, partial
from importlib import resources

from flask import Blueprint, Response, abort, redirect, request
from jinja2 import Environment

from ml_census.api.web import static_files
from ml_census.api.web.openapi import Document, resolve, to_yaml
from ml_census.api.web.schema_text import describe

GREETING = "ml-census is ready: log in at /login, post rows to /prediction.\n"
REPORT = "/report"
FIRST_PATHS = ("/login", "/prediction", "/schema")
"""Paths that the page /docs shows first, because most clients need these paths."""
PAGE_PATHS = frozenset({"/", "/docs", "/docs/", *static_files.PATHS})
"""Paths that the page /docs omits, because only browsers need these paths."""
CSP_NONE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
CSP_SAME_ORIGIN = f"{CSP_NONE}; script-src 'self'; style-src 'self'; connect-src 'self'"
REPORT_SCRIPT = "sha256-aIgkoGObS5HVutkRUNrSf4X7NCkiwqS3wwncXhlfTmw="
"""SHA-256 of training/report/templates/threshold.js, the only script that browsers run
in /report."""
CSP_REPORT = f"{CSP_NONE}; script-src '{REPORT_SCRIPT}'; style-src 'unsafe-inline'; img-src data:"
"""Content-Security-Policy of report.html, which has inline styles and images."""


def create_blueprint(document: Callable[[], Document], report: Callable[[], bytes | None]) -> Blueprint:
    """Return the blueprint of the pages.

    `document` returns the OpenAPI document. The first request to each of /docs,
    /openapi.json and /openapi.yaml calls `document`. `report` returns an HTML page on
    the training of the model, or None if the model has no report.
    """
    blueprint = Blueprint("web", __name__)
    blueprint.add_url_rule("/", "index", _index)
    for path in static_files.PATHS:
        blueprint.add_url_rule(path, static_files.endpoint(path), partial(_static, path))
    yaml_text, json_text = cache(lambda: to_yaml(document())), cache(lambda: json.dumps(document()))
    docs_page = cache(lambda: _render_docs(document()))
    blueprint.add_url_rule("/docs", "docs", lambda: _html(docs_page(), CSP_SAME_ORIGIN))
    blueprint.add_url_rule("/docs/", "docs_with_slash", lambda: redirect("../docs", 308))
    blueprint.add_url_rule("/openapi.json", "openapi_json", lambda: Response(json_text(), mimetype="application/json"))
    blueprint.add_url_rule("/openapi.yaml", "openapi", lambda: Response(yaml_text(), mimetype="application/yaml"))
    blueprint.add_url_rule(REPORT, "report", lambda: _report(report()))
    return blueprint


def _index() -> Response:
    """Return the web page to browsers, and a line of text to other clients."""
    if request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html":
        response = _html(_read("templates/page.html"), CSP_SAME_ORIGIN)
    else:
        response = Response(GREETING, mimetype="text/plain")
    response.vary.add("Accept")
    return response


def _static(path: str) -> Response:
    return _compressible(static_files.read(path), static_files.content_type(path))


def _report(page: bytes | None) -> Response:
    if page is None:
        abort(404, "no report.html was published beside the model")
    return _html(page, CSP_REPORT)


def _html(page: bytes | str, policy: str) -> Response:
    response = _compressible(page if isinstance(page, bytes) else page.encode(), "text/html")
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _compressible(body: bytes, mimetype: str) -> Response:
    """Return a response, compressed if the client accepts gzip. The files of the page then have 40 % of their size."""
    is_packed = request.accept_encodings.quality("gzip") > 0
    response = Response(_pack(body) if is_packed else body, mimetype=mimetype)
    response.vary.add("Accept-Encoding")
    if is_packed:
        response.content_encoding = "gzip"
    return response


@lru_cache(maxsize=64)  # more than the files of all pages
def _pack(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _read(name: str) -> bytes:
    return resources.files("ml_census.api.web").joinpath(name).read_bytes()


def _render_docs(document: Document) -> str:
    """Return the OpenAPI document as an HTML page. Viewers such as Swagger UI load a megabyte of JavaScript."""
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template.filters["describe"] = describe
    resolved = resolve(document)
    paths = {path: operations for path, operations in resolved["paths"].items() if path not in PAGE_PATHS}
    first = {path: paths[path] for path in FIRST_PATHS if path in paths}
    source = _read("templates/docs.html").decode()
    return template.from_string(source).render(resolved | {"paths": first | paths})
