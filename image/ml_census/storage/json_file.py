"""JSON files of the operator: users, schema, decoding, manifest and golden rows."""

import json
from collections import Counter
from typing import Any


class JsonError(ValueError):
    """The file is not JSON; the message is the reason in one line and quotes no value of the file."""


def parse(data: bytes) -> Any:
    """Return the value that the file holds; a byte order mark before it is skipped. Raises JsonError.

    An object that names a key twice is refused: one reader takes the first value, another the last.
    """
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        raise JsonError("not UTF-8 text") from error
    except json.JSONDecodeError as error:
        # json quotes the character after a backslash, which may be of a password
        reason = error.msg.partition(": ")[0]
        raise JsonError(f"not JSON: {reason} at line {error.lineno} column {error.colno}") from error
    except RecursionError as error:
        raise JsonError("not JSON: nested too deeply") from error
    except JsonError:
        raise
    except ValueError as error:  # Python refuses to read integers of more than 4,300 digits
        raise JsonError("not JSON: a number of too many digits") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((name, _count),) = Counter(name for name, _value in pairs).most_common(1)
        raise JsonError(f"an object names the key {json.dumps(name[:100])} twice")
    return found
