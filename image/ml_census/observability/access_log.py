"""One line of JSON for each answer, as Cloud Logging reads it: what was asked for by route, never a query, a header, a
user or a row. https://cloud.google.com/logging/docs/structured-logging
"""

import json
import logging
import sys
from datetime import UTC, datetime

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

log = logging.getLogger(__name__)


def enable() -> None:
    """Write lines from now on; other messages of the server are on stderr."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.propagate = False


def is_enabled() -> bool:
    """Whether lines are wanted: one takes a tenth of the time of a small request."""
    return bool(log.handlers)


def write(method: str, route: str, status: int, seconds: float, name: str, trace: str) -> None:
    """An answer has been sent, so many seconds after its request was whole."""
    method = method if method in METHODS else "other"
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "severity": "ERROR" if status == 500 else "WARNING" if status > 500 else "INFO",
        "message": f"{method} {route} {status}",
        "httpRequest": {"requestMethod": method, "requestUrl": route, "status": status, "latency": f"{seconds:.6f}s"},
        "request_id": name,
    }
    log.info(json.dumps(line | ({"trace_id": trace} if trace else {})))
