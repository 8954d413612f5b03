"""Query parameters and body of a request, within the limits of the configuration."""

import json
import zlib
from collections.abc import Sequence

from flask import abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from ml_census.api.responses import JSON
from ml_census.protocols.json_body import MalformedBodyError

FLAGS = ("proba", "warnings")
JSON_TYPES = ("", JSON, "application/octet-stream")
"""Content types of a JSON body beside */*+json: some clients of other protocols send none, or a generic one."""
UTF_8 = ("utf-8", "utf8")
GZIP = ("gzip", "x-gzip")
NOT_GZIP = "the body is not gzip data, or is damaged, but its Content-Encoding is gzip"
NOT_WHOLE = "the gzip body must be one complete member"


def query_flags(known: Sequence[str] = FLAGS, hint: str = "") -> set[str]:
    """Return the names of the query parameters that are true.

    Abort with 400: unknown parameter, or a value that is neither true nor false.
    """
    hint = hint or f"known are {', '.join(known)}"
    for name in request.args:
        if name not in known:
            abort(400, f"unknown query parameter {json.dumps(name[:100])}: {hint}")
    values = {name: request.args.get(name, "false").lower() for name in known}
    for name, value in values.items():
        if value not in ("true", "false"):
            abort(400, f"{name} must be true or false")
    return {name for name, value in values.items() if value == "true"}


def json_body(accepted: str = JSON) -> bytes:
    """Return the body of a request whose content is JSON in UTF-8. Abort with 415 otherwise.

    `accepted` lists the content types of the route for the error message.
    """
    if request.mimetype not in JSON_TYPES and not request.is_json:
        abort(415, f"the Content-Type must be {accepted}")
    if request.mimetype_params.get("charset", "utf-8").lower() not in UTF_8:
        abort(415, "the charset must be utf-8")
    return read_body()


def read_body() -> bytes:
    """Return the body, decompressed.

    Abort with 413: larger than max_body_bytes; with 415: Content-Encoding other than gzip.
    Raises MalformedBodyError: not gzip data.
    """
    limit = current_app.config["MAX_CONTENT_LENGTH"]
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", *GZIP):
        abort(415, "the Content-Encoding must be gzip")
    try:
        data = request.get_data()
    except RequestEntityTooLarge:
        abort(413, too_large(limit))
    return data if encoding == "identity" else _decompress(data, limit)


def _decompress(data: bytes, limit: int) -> bytes:
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        text = decompressor.decompress(data, limit + 1)
    except zlib.error as error:
        raise MalformedBodyError(NOT_GZIP) from error
    if len(text) > limit:
        abort(413, too_large(limit))
    if not decompressor.eof or decompressor.unused_data:  # several members: 1 MiB of empty ones takes 0.7 s
        raise MalformedBodyError(NOT_WHOLE)
    return text


def too_large(limit: int) -> str:
    """Return the message of a 413."""
    return f"the body is larger than max_body_bytes ({limit} bytes)"
