"""Why a store could not be read or written: one line with the cause, and whether a later attempt may succeed."""

import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar
from json import JSONDecodeError

READ, WRITE = "read", "written"
ROLES = {READ: "roles/storage.objectViewer", WRITE: "roles/storage.objectUser"}
"""The least role of Google Cloud Storage that lets an account do it."""
PASSING = {"ClientError", "ConnectionError", "TimeoutError", "RequestException", "GoogleAuthError", "ChecksumError"}
"""Exceptions of aiohttp, requests, google-auth and gcsfs that the network or the store itself causes."""
NO_CREDENTIALS = "no Google credentials yet: neither GOOGLE_APPLICATION_CREDENTIALS nor a metadata server gives any"


class StorageError(Exception):
    """Nothing could be read or written; the message is the reason in one line, without the URI."""


class ObjectNotFoundError(StorageError):
    """There is nothing at the URI."""


class StorageUnavailableError(StorageError):
    """The store could not be asked, or not to the end: a later attempt may succeed."""


Causes = list[tuple[str, BaseException]]
_causes: ContextVar[Causes] = ContextVar("causes")


class _Collector(logging.Handler):
    """Collects what gcsfs logs in place of raising it: the reason of each retry, and of each kind of credentials.

    gcsfs retries for half a minute. Its event loop runs a call in the context of the thread that waits for it.
    """

    def emit(self, record: logging.LogRecord) -> None:
        error = (record.exc_info or sys.exc_info())[1]
        if error is not None and (causes := _causes.get(None)) is not None:
            causes.append((record.name, error))


def collect(causes: Causes) -> None:
    """Append to the list what gcsfs logs for this thread; nothing of it is shown."""
    logger = logging.getLogger("gcsfs")
    if not any(isinstance(handler, _Collector) for handler in logger.handlers):
        logger.addHandler(_Collector())
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
    _causes.set(causes)


def too_late(seconds: float, action: str, causes: Causes) -> StorageError:
    """Return the error of a call that took too long."""
    late = f"could not be {action} within {seconds:g} s"
    if fault := _key_file_fault(causes):
        return fault
    others = [error for name, error in causes if name == "gcsfs"]
    if others:
        return StorageUnavailableError(f"{late}: {translated(others[-1], action, causes)}")
    return StorageUnavailableError(f"{late}: {NO_CREDENTIALS}" if causes else late)


def translated(error: BaseException, action: str, causes: Causes, forget: Callable[[], object] = bool) -> StorageError:
    """Return the error as one of this module. `forget` is called where credentials are to be looked for again."""
    text = str(error)
    if isinstance(error, StorageError):
        return error
    if isinstance(error, FileNotFoundError):
        return ObjectNotFoundError("not found")
    if isinstance(error, IsADirectoryError):
        return StorageError("is a folder, not a file")
    if isinstance(error, PermissionError):
        return StorageError("permission denied")
    if isinstance(error, JSONDecodeError):  # of a proxy, say
        return StorageUnavailableError("the store answers something else than JSON")
    if "Anonymous caller" in text:
        forget()
        return _key_file_fault(causes) or StorageUnavailableError(NO_CREDENTIALS)
    code = str(vars(error).get("code"))  # gcsfs's; aiohttp has a property of that name, which warns
    if code in ("401", "403") or text.startswith("Forbidden"):  # gcsfs: "Forbidden: URL", then what the store says
        said = text.partition("\n")[2].strip().splitlines()
        reason = f": {said[0][:200]}" if said else ""
        return StorageError(f"permission denied: the account needs {ROLES[action]} on the bucket{reason}")
    kind = StorageUnavailableError if _is_transient(error, code) else StorageError
    lines = text.strip().splitlines()
    return kind(f"{type(error).__name__}: {lines[0][:200] if lines else 'no reason given'}")


def _key_file_fault(causes: Causes) -> StorageError | None:
    """Return what is wrong with the file that GOOGLE_APPLICATION_CREDENTIALS names, if google-auth has said so."""
    for _name, error in causes:
        if type(error).__name__ in ("DefaultCredentialsError", "MalformedError"):
            reason = str(error.args[0]) if error.args else ""
            if "default credentials were not found" not in reason:
                return StorageError(f"GOOGLE_APPLICATION_CREDENTIALS: {reason[:300]}")
    return None


def _is_transient(error: BaseException, code: str) -> bool:
    """Whether the same may succeed later: the network, the store's own errors, credentials that are not there yet."""
    names = {base.__name__ for base in type(error).__mro__}
    return bool(names & PASSING) or code in ("408", "429") or code.startswith("5")
