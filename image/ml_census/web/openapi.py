"""openapi.yaml as it is for one server, in whose paths are the model's name and Vertex AI's routes."""

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import yaml


def description(served: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The OpenAPI document. `served` names, for a path of the file, the server's own; others are served as they are."""
    document: dict[str, Any] = yaml.safe_load(resources.files("ml_census.web").joinpath("openapi.yaml").read_bytes())
    document["paths"] = {
        place: {method: _again(operation, number) for method, operation in operations.items()}
        for path, operations in document["paths"].items()
        for number, place in enumerate(served.get(path, [path]), start=1)
    }
    return document


def _again(operation: dict[str, Any], number: int) -> dict[str, Any]:
    """An operation has its id for itself."""
    return operation if number == 1 else operation | {"operationId": f"{operation['operationId']}{number}"}


def written(document: Any) -> str:
    """As YAML without anchors or merge keys, which readers of YAML 1.2 need not know."""
    text: str = yaml.dump(document, Dumper=_NoAliasDumper, sort_keys=False, width=100, allow_unicode=True)
    return text


class _NoAliasDumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
