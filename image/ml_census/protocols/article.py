"""The article's format: {"inputs": [row, ...]} -> {"predictions": [answer, ...]}."""

import json
import math
from collections.abc import Mapping
from typing import Any


class FormatError(Exception):
    """The body is not in the format; the message says how."""


def parse(body: bytes) -> Any:
    """The value of "inputs". Raises FormatError.

    NaN and Infinity, which are not JSON (RFC 8259), pass: the schema can then say in which row and column they are.
    """
    try:
        document = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FormatError("the body is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise FormatError(f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except ValueError as error:  # Python refuses to read integers of more than 4,300 digits
        raise FormatError("the body holds a number of too many digits") from error
    except RecursionError as error:
        raise FormatError("the body is nested too deeply") from error
    if not isinstance(document, dict) or "inputs" not in document:
        raise FormatError('the body must be a JSON object with "inputs", a list of rows')
    return document["inputs"]


def answer(predictions: list[Any], extras: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, with what the client asked for on top."""
    return {"predictions": [_json(value) for value in predictions], **extras}


def _json(value: Any) -> Any:
    """JSON has no NaN and no infinity: a model that predicts these answers null."""
    if isinstance(value, list):
        return [_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
