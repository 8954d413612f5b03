"""The name of a request, which its answer and the log carry."""

import random
import re

SANE = re.compile(r"[A-Za-z0-9._:-]{1,128}")
TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")


def request_id(given: str, traceparent: str = "") -> str:
    """The client's own X-Request-Id if it is a sane one, else the id of its trace, else a new one.

    It is no secret. os.urandom() would let other threads run meanwhile: the loop refused half as many in a second.
    """
    return given if SANE.fullmatch(given) else trace_id(traceparent) or f"{random.getrandbits(128):032x}"


def trace_id(traceparent: str) -> str:
    """The id of the trace that a request is part of, or nothing (W3C Trace Context, https://www.w3.org/TR/trace-context)."""
    found = TRACEPARENT.fullmatch(traceparent)
    return found[1] if found else ""
