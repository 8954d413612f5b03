"""What browsers are shown: the page, the interface, the model's report. Nothing is loaded from elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib import resources
from typing import Any

from flask import Response, abort, request
from jinja2 import Environment

from ml_census.artifacts.bundle import Artifacts
from ml_census.web.openapi import description, written

GREETING = "ml-census is ready: log in at /login, post rows to /prediction.\n"
REPORT = "/report"
FIRST = ("/login", "/prediction", "/schema")
"""What /docs begins with: all that most clients need, in the order of their need."""
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
OWN = f"{NOTHING}; script-src 'self'; style-src 'self'; connect-src 'self'"
INLINE = f"{NOTHING}; style-src 'unsafe-inline'; img-src data:"
"""For a file that holds its own style, and no script."""


class PageViews:
    """Views that hold nothing of any row or user."""

    def __init__(self, artifacts: Callable[[], Artifacts], served: Mapping[str, Sequence[str]]) -> None:
        self._artifacts = artifacts
        self._served = served

    def routes(self) -> list[tuple[str, list[str], Callable[..., Response]]]:
        """Path, methods, view."""
        return [
            ("/", ["GET"], self.greeting),
            ("/page.css", ["GET"], self.style),
            ("/page.js", ["GET"], self.script),
            ("/csv.js", ["GET"], self.csv_script),
            ("/docs", ["GET"], self.documentation),
            ("/openapi.yaml", ["GET"], self.description),
            (REPORT, ["GET"], self.report),
        ]

    def greeting(self) -> Response:
        """A page for browsers, a line of text for everyone else."""
        if request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html":
            response = _html(_file("templates/page.html"), OWN)
        else:
            response = Response(GREETING, mimetype="text/plain")
        response.headers["Vary"] = "Accept"
        return response

    def style(self) -> Response:
        """The style of all pages but the report."""
        return Response(_file("static/page.css"), mimetype="text/css")

    def script(self) -> Response:
        """What the page does."""
        return Response(_file("static/page.js"), mimetype="text/javascript")

    def csv_script(self) -> Response:
        """How the page reads CSV."""
        return Response(_file("static/csv.js"), mimetype="text/javascript")

    def description(self) -> Response:
        """The interface, for programs."""
        return Response(self._written, mimetype="application/yaml")

    def documentation(self) -> Response:
        """The interface, for people."""
        return _html(self._documentation, OWN)

    @cached_property
    def _description(self) -> dict[str, Any]:
        return description(self._served)

    @cached_property
    def _written(self) -> str:
        return written(self._description)

    @cached_property
    def _documentation(self) -> str:
        return _documentation(self._description)

    def report(self) -> Response:
        """What was published beside the model."""
        report = self._artifacts().report
        if report is None:
            abort(404, "no report.html was published beside the model")
        return _html(report, INLINE)


def _html(page: bytes | str, policy: str) -> Response:
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _file(name: str) -> bytes:
    return resources.files("ml_census.web").joinpath(name).read_bytes()


def _documentation(document: dict[str, Any]) -> str:
    """openapi.yaml as HTML: as short as it is, a viewer of a megabyte of script would add nothing."""
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template.filters["yaml"] = written
    paths = document["paths"]
    first = {path: paths[path] for path in FIRST}
    return template.from_string(_file("templates/docs.html").decode()).render(document | {"paths": first | paths})
