"""Style sheets and scripts of the web pages. The server serves each file: static/js/main.js is at /js/main.js."""

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

FOLDER = "static"
TYPES = {"css": "text/css", "js": "text/javascript"}
"""Content type by the end of the file name. The server has no path for other files."""


def read(path: str) -> bytes:
    """Return the content of the file with this path of the server."""
    return _folder().joinpath(*path.strip("/").split("/")).read_bytes()


def content_type(path: str) -> str:
    """Return the content type of the file with this path."""
    return TYPES[path.rpartition(".")[2]]


def openapi_paths() -> dict[str, Any]:
    """Return the part `paths` of the OpenAPI document for all files."""
    return {path: {"get": _operation(path)} for path in PATHS}


def _operation(path: str) -> dict[str, Any]:
    content = {content_type(path): {"schema": {"type": "string"}}}
    responses = {"200": {"description": "The file.", "content": content}}
    return {"summary": "File of the web page.", "operationId": endpoint(path), "responses": responses}


def endpoint(path: str) -> str:
    """Return the name of the path's route: js_main_js for /js/main.js."""
    return path.strip("/").replace("/", "_").replace(".", "_")


def _folder() -> Traversable:
    return resources.files("ml_census.api.web").joinpath(FOLDER)


def _paths(folder: Traversable, parent: str = "/") -> Iterator[str]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _paths(entry, f"{parent}{entry.name}/")
        elif entry.name.rpartition(".")[2] in TYPES:
            yield parent + entry.name


PATHS = tuple(_paths(_folder()))
"""Paths of all files, for example /page.css and /js/main.js."""
