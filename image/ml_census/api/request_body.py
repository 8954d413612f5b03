"""Query and body of a request, within the limits of the configuration."""

import json
import zlib
from collections.abc import Sequence

from flask import Request, abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from ml_census.protocols.json_body import MalformedBodyError

FLAGS = ("proba", "warnings")
GZIP = ("gzip", "x-gzip")
NOT_GZIP = "the body is not gzip, or is damaged, though its Content-Encoding is gzip"
NOT_WHOLE = "the gzip body must be one complete member"


def flags(known: Sequence[str] = FLAGS, hint: str = "") -> set[str]:
    """Return the query parameters that are true. Answer 400 to an unknown one, and to a value that is none."""
    for name in request.args:
        if name not in known:
            others = hint or f"known are {', '.join(known)}"
            abort(400, f"unknown query parameter {json.dumps(name[:100])}: {others}")
    found = {name: request.args.get(name, "false").lower() for name in known}
    for name, value in found.items():
        if value not in ("true", "false"):
            abort(400, f"{name} must be true or false")
    return {name for name, value in found.items() if value == "true"}


def json_body(request: Request) -> bytes:
    """Return the body if its Content-Type is JSON."""
    if not request.is_json:
        abort(415, "the Content-Type must be application/json")
    return body(request)


def body(request: Request) -> bytes:
    """Return the body, decompressed. Answer 413 to more than max_body_bytes, 415 to another encoding than gzip.

    Raises MalformedBodyError for what is not gzip.
    """
    limit = current_app.config["MAX_CONTENT_LENGTH"]
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", *GZIP):
        abort(415, "the Content-Encoding must be gzip")
    try:
        data = request.get_data()
    except RequestEntityTooLarge:
        abort(413, too_large(limit))
    if encoding == "identity":
        return data
    gzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        text = gzip.decompress(data, limit + 1)
    except zlib.error as error:
        raise MalformedBodyError(NOT_GZIP) from error
    if len(text) > limit:
        abort(413, too_large(limit))
    if not gzip.eof or gzip.unused_data:  # cut short, or several members: a MiB of empty ones takes 0.7 s
        raise MalformedBodyError(NOT_WHOLE)
    return text


def too_large(limit: int) -> str:
    """Return the message of a 413."""
    return f"the body is larger than max_body_bytes ({limit} bytes)"
