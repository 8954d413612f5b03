"""Repeated attempts of a storage operation."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from ml_census.storage.errors import StorageUnavailableError

PAUSE_SECONDS: Sequence[float] = (1, 4)
"""Pauses before the second and the third attempt, in seconds. The timeouts of each
attempt already include the retries of gcsfs."""

Result = TypeVar("Result")


def retry(call: Callable[[], Result]) -> Result:
    """Return the result of `call`, repeated while it raises StorageUnavailableError.

    After the last attempt, raises StorageUnavailableError. Raises the other exceptions
    of `call` at once.
    """
    for seconds in PAUSE_SECONDS:
        try:
            return call()
        except StorageUnavailableError:
            time.sleep(seconds)
    return call()
