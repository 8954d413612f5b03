"""Functions that parse the JSON body of a request, and that replace NaN and infinities in a response with null."""

import json
import math
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any


class MalformedBodyError(Exception):
    """Report a request body that is not in the protocol's format. The message is the reason in one line."""


def parse_object(body: bytes, expected: str, constant: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """Return the JSON object in a request body.

    NaN and Infinity are not JSON (RFC 8259), but this function accepts both. The
    validation of rows later reports their row and column. `constant` converts the text
    "NaN", "Infinity" or "-Infinity" to a value (default: to a float). Raises
    MalformedBodyError if the body is not JSON in UTF-8, is nested too deeply or has a
    number of over 4,300 digits. A duplicate name in an object also raises this error,
    because JSON parsers differ in the value that they return. If the body is JSON but
    not an object, the message of the error is `expected`.
    """
    document = _parse(body, constant)
    if not isinstance(document, dict):
        raise MalformedBodyError(expected)
    return document


def _parse(body: bytes, constant: Callable[[str], Any] | None) -> Any:
    try:
        return _decoder(constant).decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedBodyError("the body is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        message = f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        raise MalformedBodyError(message) from error
    except ValueError as error:  # int() rejects more than 4,300 digits
        raise MalformedBodyError("the body has a number with too many digits (maximum 4300)") from error
    except RecursionError as error:
        raise MalformedBodyError("the body is nested too deeply") from error


@cache
def _decoder(constant: Callable[[str], Any] | None) -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=constant, object_pairs_hook=_reject_duplicate_keys)


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        ((name, _count),) = Counter(name for name, _value in pairs).most_common(1)
        raise MalformedBodyError(f"duplicate name {json.dumps(name[:100])} in an object of the body")
    return result


def replace_non_finite(value: Any) -> Any:
    """Return a value or a nested list with None in place of NaN and infinities, because JSON has no such numbers."""
    if isinstance(value, list):
        return [replace_non_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
