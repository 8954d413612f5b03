"""Set-up of the unit tests: one thread a process, a bucket, and no request that outlives its test."""

import asyncio
import os
import re
import sys
from collections.abc import Iterator

import pytest

from support.fake_gcs import bucket

__all__ = ["bucket"]

# Two threads of OpenMP wait for each other in a loop: beside a second worker of pytest-xdist on two cores,
# test_compiler.py takes 38 s of CPU with them and 15 s with one. Child processes inherit the setting.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes that are no short text by their argument: gzip writes the time into them, and all workers of
    pytest-xdist must collect the same names."""
    return argname if isinstance(val, bytes) and not (len(val) < 40 and re.fullmatch(rb"[ -~]*", val)) else None


@pytest.fixture(autouse=True)
def cancel_requests() -> Iterator[None]:
    """Cancel the requests of gcsfs that a test has left behind.

    A call that timed out goes on for 30 s on the event loop of fsspec. It logs its retries, and draws from `random`.
    Both made tests fail that ran meanwhile.
    """
    yield
    if "fsspec.asyn" in sys.modules:
        asyncio.run_coroutine_threadsafe(_cancel_all(), sys.modules["fsspec.asyn"].get_loop()).result(10)


async def _cancel_all() -> None:
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
