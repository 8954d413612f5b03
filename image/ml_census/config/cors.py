"""Cross-Origin Resource Sharing (CORS): requests from web pages of other origins.

Clients send tokens in a header and not in a cookie, so no response has
Access-Control-Allow-Credentials. https://fetch.spec.whatwg.org/#http-cors-protocol
"""

import re
from collections.abc import Collection, Mapping, Sequence

Headers = list[tuple[str, str]]

ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
"""Pattern of an Origin header: in lower case, without a path. The chart's
values.schema.json has the same pattern."""
ANY = "*"
DEFAULT_PORTS = {"https": ":443", "http": ":80"}
PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, POST"),
    (
        "Access-Control-Allow-Headers",
        "Accept, Authorization, Content-Encoding, Content-Type, "
        "Inference-Header-Content-Length, Traceparent, X-Request-Id",
    ),
    ("Access-Control-Max-Age", "7200"),
]
"""Headers of a response to a preflight request. Chromium caches such a response for at
most 7,200 seconds."""


def normalize_origins(origins: Sequence[str]) -> frozenset[str]:
    """Return the origins without the default ports :443 (https) and :80 (http), which browsers do not send."""
    return frozenset(origin.removesuffix(DEFAULT_PORTS.get(origin.partition(":")[0], "")) for origin in origins)


def response_headers(origins: Collection[str], method: str, request: Mapping[str, str]) -> Headers:
    """Return the CORS headers of the response to a request, or an empty list if `origins` is empty.

    `origins` comes from normalize_origins. `request` has the headers, named like ORIGIN.
    """
    if not origins:
        return []
    headers = [("Vary", "Origin")]
    origin = request.get("ORIGIN", "")
    if ANY not in origins and origin not in origins:
        return headers
    allowed = ANY if ANY in origins else origin
    headers += [("Access-Control-Allow-Origin", allowed), ("Access-Control-Expose-Headers", "*")]
    is_preflight = method == "OPTIONS" and "ACCESS_CONTROL_REQUEST_METHOD" in request
    return headers + PREFLIGHT if is_preflight else headers
