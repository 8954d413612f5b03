"""Strict JSON parser for the files that the server reads, such as the users file and schema.json."""

import json
from collections import Counter
from typing import Any


class JsonError(ValueError):
    """Report a file that is not valid JSON. The message is the reason in one line and quotes no value of the file."""


def parse(data: bytes) -> Any:
    """Return the value of a JSON file in UTF-8, with or without a byte order mark.

    Raises JsonError if the data is not JSON in UTF-8, or if an object has a duplicate
    key. Different parsers use different values of a duplicate key.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JsonError("not UTF-8 text") from error
    return _parse_text(text)


def _parse_text(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_reject_duplicate_keys)
    except json.JSONDecodeError as error:
        # json quotes the character after a backslash, which may be part of a password
        reason = error.msg.partition(": ")[0]
        raise JsonError(f"not JSON: {reason} at line {error.lineno} column {error.colno}") from error
    except RecursionError as error:
        raise JsonError("not JSON: nested too deeply") from error
    except JsonError:
        raise
    except ValueError as error:  # Python rejects integers of more than 4,300 digits
        raise JsonError("not JSON: a number of too many digits") from error


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        ((name, _count),) = Counter(name for name, _value in pairs).most_common(1)
        raise JsonError(f"an object names the key {json.dumps(name[:100])} twice")
    return document
