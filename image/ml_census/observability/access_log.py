"""Access log: one line of JSON on stdout for each response, in the format of Cloud Logging.

A line names the route of the request. It never contains a query, a header, a user or a value of a row.
https://cloud.google.com/logging/docs/structured-logging
"""

import json
import logging
import sys
from datetime import UTC, datetime

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Methods that are logged by name; any other is logged as "other"."""

log = logging.getLogger(__name__)


def enable() -> None:
    """Write a line to stdout for each response from now on. Other log messages go to stderr."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.propagate = False


def is_enabled() -> bool:
    """Return whether lines are written. Writing one takes a tenth of the time of a small request."""
    return bool(log.handlers)


def log_response(method: str, route: str, status: int, seconds: float, request_id: str, trace: str) -> None:
    """Write the line of a response that was sent `seconds` after its request was complete."""
    method = method if method in METHODS else "other"
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "severity": "ERROR" if status == 500 else "WARNING" if status > 500 else "INFO",
        "message": f"{method} {route} {status}",
        "httpRequest": {"requestMethod": method, "requestUrl": route, "status": status, "latency": f"{seconds:.6f}s"},
        "request_id": request_id,
    }
    log.info(json.dumps(line | ({"trace_id": trace} if trace else {})))
