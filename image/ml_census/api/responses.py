"""Functions that return JSON text and JSON responses."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response

JSON = "application/json"


def to_json(document: Mapping[str, Any]) -> str:
    """Return a JSON object as text, with blanks after colons and commas, and without a line end.

    Clients of /prediction depend on each byte of this text.
    """
    return json.dumps(document)


def json_response(document: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an HTTP response whose body is the document as JSON."""
    return Response(to_json(document), status, headers, mimetype=JSON)
