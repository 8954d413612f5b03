"""The native protocol of /prediction: {"inputs": [row, ...]} -> {"predictions": [prediction, ...]}.

It is the interface of the article *Intro to ML Deployment with GKE*, whose clients depend on each byte.
"""

from collections.abc import Mapping
from typing import Any

from ml_census.protocols.error_details import Details
from ml_census.protocols.json_body import MalformedBodyError, parse_object, replace_non_finite

NAME = "native"
"""Value of the metrics' label `protocol`."""
EXPECTED = 'the body must be a JSON object with "inputs", a list of rows'


def parse(body: bytes) -> Any:
    """Return the value of "inputs". Raises MalformedBodyError."""
    document = parse_object(body, EXPECTED)
    if "inputs" not in document:
        raise MalformedBodyError(EXPECTED)
    return document["inputs"]


def render(predictions: list[Any], extras: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response document: one prediction per row, and the extras that the client requested."""
    document = {"predictions": replace_non_finite(predictions)}
    return document | {name: replace_non_finite(value) for name, value in extras.items()}


def render_error(_status: int, message: str, details: Details = ()) -> dict[str, Any]:
    """Return the error document, with the rejected rows and columns."""
    document: dict[str, Any] = {"error message": message}
    return document | {"details": list(details)} if details else document
