"""Set-up of the unit tests: one thread a process, and a bucket."""

import os
import re

from support.fake_gcs import bucket

__all__ = ["bucket"]

# Two threads of OpenMP wait for each other in a loop: beside a second worker of pytest-xdist on two cores,
# test_compile.py takes 38 s of CPU with them and 15 s with one. Child processes inherit the setting.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes that are no short text by their argument: gzip writes the time into them, and all workers of
    pytest-xdist must collect the same names."""
    return argname if isinstance(val, bytes) and not (len(val) < 40 and re.fullmatch(rb"[ -~]*", val)) else None
