"""JSON responses."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response

JSON = "application/json"


def to_json(document: Mapping[str, Any]) -> str:
    """Return a document as JSON, in the spelling that native clients depend on: with blanks, without a line end."""
    return json.dumps(document)


def json_response(document: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a document as JSON."""
    return Response(to_json(document), status, headers, mimetype=JSON)
