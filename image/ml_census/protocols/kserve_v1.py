"""KServe V1 format, also that of Vertex AI: {"instances": [row, ...]} -> {"predictions": [prediction, ...]}.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
"""

from typing import Any

from ml_census.protocols import native
from ml_census.protocols.error_details import Details, with_first_detail
from ml_census.protocols.json_body import MalformedBodyError, parse_object

EXPECTED = 'the body must be a JSON object with "instances", a list of rows'

render = native.render
"""Function that returns the JSON object of the response, in the format of
/prediction."""


def parse(body: bytes) -> Any:
    """Return the rows in a JSON body, not yet validated: the value of "instances", or of its alias "inputs".

    Raises MalformedBodyError if the body is not a JSON object, or has neither name.
    """
    document = parse_object(body, EXPECTED)
    for name in ("instances", "inputs"):
        if name in document:
            return document[name]
    raise MalformedBodyError(EXPECTED)


def render_error(_status: int, message: str, details: Details = ()) -> dict[str, Any]:
    """Return the JSON object of an error response: {"error": message with the first of `details`}."""
    return {"error": with_first_detail(message, details)}
