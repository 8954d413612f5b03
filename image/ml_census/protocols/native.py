"""Native protocol of ml-census at /prediction: {"inputs": [row, ...]} -> {"predictions": [prediction, ...]}.

The protocol comes from the article *Intro to ML Deployment with GKE*. Clients of the
article's server depend on each byte of the responses.
"""

from collections.abc import Mapping
from typing import Any

from ml_census.protocols.error_details import Details
from ml_census.protocols.json_body import MalformedBodyError, parse_object, replace_non_finite

NAME = "native"
"""Name of the protocol in the metrics: the value of the label `protocol`."""
PARQUET, ARROW_STREAM = "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"
"""Content types of tables (arrow_tables.py), which need pyarrow."""
EXPECTED = 'the body must be a JSON object with "inputs", a list of rows'


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body. Its "inputs" are the rows, not yet validated.

    Raises MalformedBodyError if the body is not a JSON object, or has no "inputs".
    """
    document = parse_object(body, EXPECTED)
    if "inputs" not in document:
        raise MalformedBodyError(EXPECTED)
    return document


def render(predictions: list[Any], extras: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object of the response: predictions and `extras`, with None in place of NaN and infinities."""
    document = {"predictions": replace_non_finite(predictions)}
    return document | {name: replace_non_finite(value) for name, value in extras.items()}


def render_error(_status: int, message: str, details: Details = ()) -> dict[str, Any]:
    """Return the JSON object of an error response: the message, and `details` if there are rejected values."""
    document: dict[str, Any] = {"error message": message}
    return document | {"details": list(details)} if details else document
