"""What all protocols share: the body as a JSON document, and the error of one that is not in the format."""

import json
import math
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any


class MalformedBodyError(Exception):
    """The body is not in the protocol's format; the message says how."""


def read(body: bytes, expected: str, constant: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """The JSON object that the body is; `expected` is what is said of another. Raises MalformedBodyError.

    NaN and Infinity, which are not JSON (RFC 8259), pass: the schema can then say in which row and column they are.
    `constant` makes something else of them. A name that stands twice in an object is refused: of two readers one takes
    the first value and one the last.
    """
    try:
        document = _decoder(constant).decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedBodyError("the body is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise MalformedBodyError(
            f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from error
    except ValueError as error:  # Python refuses to read integers of more than 4,300 digits
        raise MalformedBodyError("the body holds a number of too many digits") from error
    except RecursionError as error:
        raise MalformedBodyError("the body is nested too deeply") from error
    if not isinstance(document, dict):
        raise MalformedBodyError(expected)
    return document


@cache
def _decoder(constant: Callable[[str], Any] | None) -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=constant, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((name, _count),) = Counter(name for name, _value in pairs).most_common(1)
        raise MalformedBodyError(f"an object in the body names {json.dumps(name[:100])} twice")
    return found


def finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: a model that predicts these answers null."""
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
