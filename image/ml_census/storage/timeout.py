"""A timeout for library calls that have no timeout, or a timeout that is too long."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar, cast

from ml_census.storage import error_translation
from ml_census.storage.error_translation import Causes

TIMEOUTS = {"TimeoutError", "FSTimeoutError"}
"""Class names of the exceptions of a timeout. FSTimeoutError is from fsspec, which this
module does not import."""

Result = TypeVar("Result")
Outcome = tuple[Result | None, Exception | None]


def run_with_timeout(seconds: float, call: Callable[[], Result], action: str) -> Result:
    """Return the result of `call`, which runs in a new thread. `action` is READ or WRITE, for the error message.

    After `seconds`, this function raises an exception, and the thread continues until
    the libraries time out. Therefore `call` must hold no large object. Raises
    StorageUnavailableError if a later attempt may succeed, for example after the
    timeout. Raises StorageError for any other failure of the call.
    """
    causes: Causes = []
    outcome = _run_in_thread(call, causes)
    try:
        result, error = outcome.get(timeout=seconds)
    except queue.Empty as empty:
        result, error = None, TimeoutError(str(empty))
    if type(error).__name__ in TIMEOUTS:
        raise error_translation.timeout_error(seconds, action, causes) from error
    if error is not None:
        raise error_translation.translate(error, action, causes) from error
    return cast(Result, result)


def _run_in_thread(call: Callable[[], Result], causes: Causes) -> queue.SimpleQueue[Outcome[Result]]:
    """Run a call in a thread. Return a queue to which the thread puts the result or the exception."""
    outcome: queue.SimpleQueue[Outcome[Result]] = queue.SimpleQueue()

    def run() -> None:
        error_translation.collect(causes)
        try:
            outcome.put((call(), None))
        except Exception as error:  # gcsfs, aiohttp and google-auth have no common base of exceptions
            outcome.put((None, error))

    threading.Thread(target=run, name="storage", daemon=True).start()
    return outcome
