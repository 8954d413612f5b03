"""A timeout for calls of libraries that have none, or one that is too long."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar, cast

from ml_census.storage import error_translation
from ml_census.storage.error_translation import Causes

TIMEOUTS = {"TimeoutError", "FSTimeoutError"}
"""Errors of the timeout of a whole call. fsspec may raise its own at the same moment; only gs:// imports it."""

Result = TypeVar("Result")
Outcome = tuple[Result | None, Exception | None]


def run_with_timeout(seconds: float, call: Callable[[], Result], action: str) -> Result:
    """Return the result of a call. `action` is READ or WRITE, for the message of an error.

    The call runs in a thread. After the timeout the thread is abandoned; it ends when its libraries time out, and must
    hold nothing large. Raises StorageError.
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
    """Run a call in a thread, and collect the causes of its errors. Return the queue of its one outcome."""
    outcome: queue.SimpleQueue[Outcome[Result]] = queue.SimpleQueue()

    def run() -> None:
        error_translation.collect(causes)
        try:
            outcome.put((call(), None))
        except Exception as error:  # gcsfs, aiohttp and google-auth have no common base of exceptions
            outcome.put((None, error))

    threading.Thread(target=run, name="storage", daemon=True).start()
    return outcome
