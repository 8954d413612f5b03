"""Cross-Origin Resource Sharing (https://fetch.spec.whatwg.org/#http-cors-protocol): pages of other origins may call.

Tokens travel in a header and not in a cookie, so no answer allows credentials.
"""

import re
from collections.abc import Collection, Mapping, Sequence

ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
"""An origin as browsers send it: in lower case, without path. The chart's values.schema.json has the same pattern."""
ANY = "*"
PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, POST"),
    (
        "Access-Control-Allow-Headers",
        "Accept, Authorization, Content-Encoding, Content-Type, "
        "Inference-Header-Content-Length, Traceparent, X-Request-Id",
    ),
    ("Access-Control-Max-Age", "7200"),
]
"""Chromium keeps the answer to a preflight for at most 7,200 seconds."""


def as_sent(origins: Sequence[str]) -> frozenset[str]:
    """Return the origins without the default port of their scheme, which no browser sends."""
    ports = {"https": ":443", "http": ":80"}
    return frozenset(each.removesuffix(ports.get(each.partition(":")[0], "")) for each in origins)


def headers(origins: Collection[str], method: str, request: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the headers that an answer needs. `request` has the request's headers, spelt as in WSGI without HTTP_."""
    if not origins:
        return []
    found = [("Vary", "Origin")]
    origin = request.get("ORIGIN", "")
    if ANY not in origins and origin not in origins:
        return found
    allowed = ANY if ANY in origins else origin
    found += [("Access-Control-Allow-Origin", allowed), ("Access-Control-Expose-Headers", "*")]
    return found + PREFLIGHT if method == "OPTIONS" and "ACCESS_CONTROL_REQUEST_METHOD" in request else found
