"""Functions that read the query parameters and the body of the current Flask request."""

import json
import re
import zlib
from collections.abc import Sequence

from flask import abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from ml_census.api.responses import JSON
from ml_census.protocols.json_body import MalformedBodyError

FLAGS = ("proba", "warnings")
JSON_TYPES = ("", JSON, "application/octet-stream")
"""Content types that are read as JSON, besides application/*+json. Some clients send no
type or a generic type."""
UTF_8 = ("utf-8", "utf8")
DIGITS = re.compile("[0-9]{1,9}")
GZIP = ("gzip", "x-gzip")
NOT_GZIP = "the body is not gzip data, or is damaged, but its Content-Encoding is gzip"
NOT_WHOLE = "the gzip body must be one complete member"


def query_flags(known: Sequence[str] = FLAGS, hint: str = "", numbers: Sequence[str] = ()) -> set[str]:
    """Return the names of the query parameters with the value true.

    Abort with status 400 for a name that is neither in `known` nor in `numbers`, or for
    a value of `known` that is neither true nor false. `hint` is the end of the error
    message for an unknown name.
    """
    _reject_unknown((*known, *numbers), hint)
    values = {name: request.args.get(name, "false").lower() for name in known}
    for name, value in values.items():
        if value not in ("true", "false"):
            abort(400, f"{name} must be true or false")
    return {name for name, value in values.items() if value == "true"}


def _reject_unknown(known: Sequence[str], hint: str) -> None:
    for name in request.args:
        if name not in known:
            expected = hint or f"known are {', '.join(known)}"
            abort(400, f"unknown query parameter {json.dumps(name[:100])}: {expected}")


def query_number(name: str) -> int | None:
    """Return a query parameter as a whole number: None without the parameter, 0 for any text that is no such number."""
    text = request.args.get(name)
    return None if text is None else int(text) if DIGITS.fullmatch(text) else 0


def json_body(accepted: str = JSON) -> bytes:
    """Return the decompressed body of the current request. The Content-Type must be JSON or one of JSON_TYPES.

    Abort with status 415 for any other Content-Type, or for a charset other than UTF-8.
    `accepted` is the list of content types in the error message. Also abort with status
    413 or 415, or raise MalformedBodyError, as read_body() does.
    """
    if request.mimetype not in JSON_TYPES and not request.is_json:
        abort(415, f"the Content-Type must be {accepted}")
    if request.mimetype_params.get("charset", "utf-8").lower() not in UTF_8:
        abort(415, "the charset must be utf-8")
    return read_body()


def read_body() -> bytes:
    """Return the body of the current request. Decompress a body with Content-Encoding gzip.

    Abort with status 413 if the compressed or decompressed body is larger than
    max_body_bytes of config.yaml. Abort with status 415 for a Content-Encoding other
    than gzip, x-gzip and identity. Raises MalformedBodyError if a gzip body is damaged,
    incomplete or followed by more data.
    """
    limit, is_packed = current_app.config["MAX_CONTENT_LENGTH"], _is_gzip()
    try:
        data = request.get_data()
    except RequestEntityTooLarge:
        abort(413, too_large(limit))
    return _decompress(data, limit) if is_packed else data


def _is_gzip() -> bool:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", *GZIP):
        abort(415, "the Content-Encoding must be gzip")
    return encoding in GZIP


def _decompress(data: bytes, limit: int) -> bytes:
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        text = decompressor.decompress(data, limit + 1)
    except zlib.error as error:
        raise MalformedBodyError(NOT_GZIP) from error
    if len(text) > limit:
        abort(413, too_large(limit))
    if not decompressor.eof or decompressor.unused_data:  # 1 MiB of empty gzip members takes 0.7 s
        raise MalformedBodyError(NOT_WHOLE)
    return text


def too_large(limit: int) -> str:
    """Return the message of a 413 response. `limit` is max_body_bytes of config.yaml."""
    return f"the body is larger than max_body_bytes ({limit} bytes)"
