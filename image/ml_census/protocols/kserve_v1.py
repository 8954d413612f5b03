"""KServe V1, which Vertex AI's containers share: {"instances": [row, ...]} -> {"predictions": [prediction, ...]}.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
"""

from typing import Any

from ml_census.protocols import native
from ml_census.protocols.error_details import Details, with_first_detail
from ml_census.protocols.json_body import MalformedBodyError, parse_object

EXPECTED = 'the body must be a JSON object with "instances", a list of rows'

render = native.render
"""The response document is the one of /prediction."""


def parse(body: bytes) -> Any:
    """Return the rows: the value of "instances", or of its alias "inputs". Raises MalformedBodyError."""
    document = parse_object(body, EXPECTED)
    for name in ("instances", "inputs"):
        if name in document:
            return document[name]
    raise MalformedBodyError(EXPECTED)


def render_error(_status: int, message: str, details: Details = ()) -> dict[str, Any]:
    """Return the error document."""
    return {"error": with_first_detail(message, details)}
