"""Details of rejected values, as text for protocols whose error responses have only a message."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Details = Sequence[Mapping[str, Any]]
"""Rejected values, each with the keys row (index from 0) and expected, and where known
column and got."""


def with_first_detail(message: str, details: Details) -> str:
    """Return the message, followed by row, column, expected and actual value of the first detail if there is one."""
    if not details:
        return message
    first = details[0]
    location = ", ".join(f"{key} {first[key]}" for key in ("row", "column") if key in first)
    got = f", got {json.dumps(first['got'])}" if "got" in first else ""
    return f"{message}: {location}: expected {first['expected']}{got}"
