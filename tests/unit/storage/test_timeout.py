"""Calls of libraries end with their timeout."""

import threading

import pytest
from fsspec.exceptions import FSTimeoutError

from ml_census import storage
from ml_census.storage.error_translation import READ
from ml_census.storage.timeout import run_with_timeout


def test_result_is_returned() -> None:
    assert run_with_timeout(60, lambda: 7, READ) == 7


def test_call_beyond_its_timeout_is_abandoned() -> None:
    is_over = threading.Event()

    with pytest.raises(storage.StorageUnavailableError, match=r"^could not be read within 0.01 s$"):
        run_with_timeout(0.01, lambda: is_over.wait(60), READ)

    is_over.set()


@pytest.mark.parametrize("error", [TimeoutError, FSTimeoutError])
def test_timeout_of_the_library_is_reported_the_same_way(error: type[Exception]) -> None:
    def time_out() -> None:
        raise error

    with pytest.raises(storage.StorageUnavailableError, match=r"^could not be read within 60 s$"):
        run_with_timeout(60, time_out, READ)
