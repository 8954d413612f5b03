"""Build the OpenAPI document of the server from api/web/openapi.yaml and the documents of the protocols."""

from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from typing import Any

import yaml

from ml_census.api.web import static_files

Document = dict[str, Any]
TOKEN: list[dict[str, list[str]]] = [{"token": []}]
"""Value of `security` of an operation that needs a token."""
REFERENCE = "#/components/"
INLINE = ("headers", "parameters", "requestBodies", "responses")
"""Kinds of components that `resolve` copies. Schemas stay references, because the page
/docs links to schemas."""


def build_document(parts: Iterable[Mapping[str, Any]], needs_token: Callable[[str], bool]) -> Document:
    """Return the document in openapi.yaml, with the files of the page, and the paths and components of the `parts`.

    `needs_token` returns whether a request for a URL rule of Flask needs a token.
    """
    document: Document = yaml.safe_load(resources.files("ml_census.api.web").joinpath("openapi.yaml").read_bytes())
    document["paths"] |= static_files.openapi_paths()
    for part in parts:
        document["paths"] |= part["paths"]
        for section, components in part.get("components", {}).items():
            document["components"][section] = document["components"].get(section, {}) | components
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if operation.get("security") == TOKEN and not needs_token(path.replace("{", "<").replace("}", ">")):
                del operation["security"]
    return document


def resolve(document: Document) -> Document:
    """Return the document with copies of the INLINE components in place of each `$ref` to them in the paths."""

    def inlined(node: Any) -> Any:
        if isinstance(node, list):
            return [inlined(item) for item in node]
        if not isinstance(node, dict):
            return node
        section, _, name = str(node.get("$ref", "")).removeprefix(REFERENCE).partition("/")
        if section in INLINE:
            return inlined(document["components"][section][name])
        return {key: inlined(value) for key, value in node.items()}

    return document | {"paths": inlined(document["paths"])}


def to_yaml(document: Any) -> str:
    """Return a document as YAML text without anchors and aliases: a repeated value is written again."""
    text: str = yaml.dump(document, Dumper=_NoAliasDumper, sort_keys=False, width=100, allow_unicode=True)
    return text


class _NoAliasDumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
