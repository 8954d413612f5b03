"""Pages for browsers. None loads anything from another host, and none contains a row or a user."""

from collections.abc import Callable
from functools import cache, partial
from importlib import resources

from flask import Blueprint, Response, abort, request
from jinja2 import Environment

from ml_census.web.openapi import Document, resolve, to_yaml

GREETING = "ml-census is ready: log in at /login, post rows to /prediction.\n"
REPORT = "/report"
FIRST_PATHS = ("/login", "/prediction", "/schema")
"""First paths of /docs: those that most clients need."""
SCRIPTS = ("main", "api", "csv", "explain", "fields", "form", "format", "table")
"""Modules of static/js, each served at /js/NAME.js."""
STATIC = {"/page.css": ("static/page.css", "text/css")} | {
    f"/js/{name}.js": (f"static/js/{name}.js", "text/javascript") for name in SCRIPTS
}
"""File and content type of each path."""
CSP_NONE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
CSP_SAME_ORIGIN = f"{CSP_NONE}; script-src 'self'; style-src 'self'; connect-src 'self'"
CSP_INLINE_STYLE = f"{CSP_NONE}; style-src 'unsafe-inline'; img-src data:"
"""Content security policy of a page that contains its own style and images, and no script."""


def create_blueprint(document: Callable[[], Document], report: Callable[[], bytes | None]) -> Blueprint:
    """Return the blueprint of the pages.

    `document` returns the OpenAPI document; it is called once, at the first request that needs it. `report` returns
    the page on the model's training, or None.
    """
    blueprint = Blueprint("web", __name__)
    blueprint.add_url_rule("/", "index", _index)
    for path, (file, mimetype) in STATIC.items():
        blueprint.add_url_rule(path, file.rpartition("/")[2].replace(".", "_"), partial(_static, file, mimetype))
    yaml_text, docs_page = cache(lambda: to_yaml(document())), cache(lambda: _render_docs(document()))
    blueprint.add_url_rule("/docs", "docs", lambda: _html(docs_page(), CSP_SAME_ORIGIN))
    blueprint.add_url_rule("/openapi.yaml", "openapi", lambda: Response(yaml_text(), mimetype="application/yaml"))
    blueprint.add_url_rule(REPORT, "report", lambda: _report(report()))
    return blueprint


def _index() -> Response:
    """Return a page to browsers, and a line of text to other clients."""
    if request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html":
        response = _html(_read("templates/page.html"), CSP_SAME_ORIGIN)
    else:
        response = Response(GREETING, mimetype="text/plain")
    response.headers["Vary"] = "Accept"
    return response


def _static(file: str, mimetype: str) -> Response:
    return Response(_read(file), mimetype=mimetype)


def _report(page: bytes | None) -> Response:
    if page is None:
        abort(404, "no report.html was published beside the model")
    return _html(page, CSP_INLINE_STYLE)


def _html(page: bytes | str, policy: str) -> Response:
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _read(name: str) -> bytes:
    return resources.files("ml_census.web").joinpath(name).read_bytes()


def _render_docs(document: Document) -> str:
    """Return the OpenAPI document as HTML. The usual viewers are a megabyte of script."""
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template.filters["yaml"] = to_yaml
    resolved = resolve(document)
    first = {path: resolved["paths"][path] for path in FIRST_PATHS if path in resolved["paths"]}
    source = _read("templates/docs.html").decode()
    return template.from_string(source).render(resolved | {"paths": first | resolved["paths"]})
