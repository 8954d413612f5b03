"""The name of a request, which its answer and the log carry."""

import re
import uuid

SANE = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def request_id(given: str) -> str:
    """The client's own X-Request-Id if it is a sane one, else a new one."""
    return given if SANE.fullmatch(given) else uuid.uuid4().hex
