"""KServe's first protocol, which Vertex AI's containers speak as well: {"instances": [row, ...]} -> {"predictions": …}.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
"""

from collections.abc import Mapping
from typing import Any

from ml_census.protocols import native
from ml_census.protocols.json_body import MalformedBodyError, read

EXPECTED = 'the body must be a JSON object with "instances", a list of rows'


def parse(body: bytes) -> Any:
    """The rows. KServe's own servers take "inputs" as another name. Raises MalformedBodyError."""
    document = read(body, EXPECTED)
    for name in ("instances", "inputs"):
        if name in document:
            return document[name]
    raise MalformedBodyError(EXPECTED)


def answer(predictions: list[Any], extras: Mapping[str, Any]) -> dict[str, Any]:
    """Return one prediction a row, as /prediction does."""
    return native.answer(predictions, extras)


def error(_status: int, message: str) -> dict[str, Any]:
    """What went wrong."""
    return {"error": message}
