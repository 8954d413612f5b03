"""The article's format: {"inputs": [row, ...]} -> {"predictions": [answer, ...]}."""

from collections.abc import Mapping
from typing import Any

from ml_census.protocols.json_body import MalformedBodyError, finite, read

PATH = "/prediction"
EXPECTED = 'the body must be a JSON object with "inputs", a list of rows'


def parse(body: bytes) -> Any:
    """The value of "inputs". Raises MalformedBodyError."""
    document = read(body, EXPECTED)
    if "inputs" not in document:
        raise MalformedBodyError(EXPECTED)
    return document["inputs"]


def answer(predictions: list[Any], extras: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, with what the client asked for on top."""
    return {"predictions": finite(predictions), **{name: finite(extra) for name, extra in extras.items()}}


def error(_status: int, message: str) -> dict[str, Any]:
    """What went wrong."""
    return {"error message": message}
