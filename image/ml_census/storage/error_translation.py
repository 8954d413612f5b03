"""Translation of the exceptions of gcsfs, aiohttp and google-auth: one line with the cause, and whether to retry."""

import logging
import sys
from contextvars import ContextVar
from json import JSONDecodeError

from ml_census.storage.errors import ObjectNotFoundError, StorageError, StorageUnavailableError

READ, WRITE = "read", "written"
ROLES = {READ: "roles/storage.objectViewer", WRITE: "roles/storage.objectUser"}
"""The least role of Google Cloud Storage that permits the action."""
TRANSIENT = {"ClientError", "ConnectionError", "TimeoutError", "RequestException", "GoogleAuthError", "ChecksumError"}
"""Exceptions of aiohttp, requests, google-auth and gcsfs that the network or the storage causes."""
TRANSIENT_CODES = {"408", "416", "429"}
"""HTTP status codes of a timeout, of a range beyond an object that became shorter, and of a rate limit."""
NO_CREDENTIALS = "no Google credentials yet: neither GOOGLE_APPLICATION_CREDENTIALS nor a metadata server gives any"
MAX_REASON_LENGTH = 200
"""Maximum length of a reason that a library or the storage gives, in characters."""

Causes = list[tuple[str, BaseException]]
"""Name of the logger and exception, in the order of the log."""
_causes: ContextVar[Causes] = ContextVar("causes")


class _Collector(logging.Handler):
    """Collects the exceptions that gcsfs logs and does not raise: of each retry, and of each kind of credentials.

    gcsfs retries for half a minute. Its event loop runs a call in the context of the thread that waits for it.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Append the record's exception to the causes of the current thread."""
        error = (record.exc_info or sys.exc_info())[1]
        if error is not None and (causes := _causes.get(None)) is not None:
            causes.append((record.name, error))


def collect(causes: Causes) -> None:
    """Append to the list each exception that gcsfs logs for this thread from now on; nothing of the log is shown."""
    logger = logging.getLogger("gcsfs")
    if not any(isinstance(handler, _Collector) for handler in logger.handlers):
        logger.addHandler(_Collector())
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
    _causes.set(causes)


def timeout_error(seconds: float, action: str, causes: Causes) -> StorageError:
    """Return the error of a call that took longer than its timeout, with the last cause that gcsfs has logged."""
    message = f"could not be {action} within {seconds:g} s"
    if key_file_error := _key_file_error(causes):
        return key_file_error
    retried = [error for logger, error in causes if logger == "gcsfs"]
    if retried:
        return StorageUnavailableError(f"{message}: {translate(retried[-1], action, causes)}")
    return StorageUnavailableError(f"{message}: {NO_CREDENTIALS}" if causes else message)


def translate(error: BaseException, action: str, causes: Causes) -> StorageError:
    """Return the error of this package for an exception of the operating system or of a library."""
    if isinstance(error, StorageError):
        return error
    if isinstance(error, FileNotFoundError):
        return ObjectNotFoundError()
    if isinstance(error, IsADirectoryError):
        return StorageError("is a folder, not a file")
    if isinstance(error, PermissionError):
        return StorageError("permission denied")
    if isinstance(error, JSONDecodeError):  # an HTML page of a proxy, for example
        return StorageUnavailableError("the response of the storage is not JSON")
    return _translate_http_error(error, action, causes)


def _translate_http_error(error: BaseException, action: str, causes: Causes) -> StorageError:
    text = str(error)
    if "Anonymous caller" in text:
        return _key_file_error(causes) or StorageUnavailableError(NO_CREDENTIALS)
    code = str(vars(error).get("code"))  # of gcsfs; aiohttp has a property of the same name, which warns
    if code in ("401", "403") or text.startswith("Forbidden"):  # gcsfs: "Forbidden: URL", then the response
        lines = text.partition("\n")[2].strip().splitlines()
        reason = f": {lines[0][:MAX_REASON_LENGTH]}" if lines else ""
        return StorageError(f"permission denied: the account needs {ROLES[action]} on the bucket{reason}")
    error_class = StorageUnavailableError if _is_transient(error, code) else StorageError
    lines = text.strip().splitlines()
    return error_class(f"{type(error).__name__}: {lines[0][:MAX_REASON_LENGTH] if lines else 'no reason given'}")


def _key_file_error(causes: Causes) -> StorageError | None:
    """Return the fault of the file that GOOGLE_APPLICATION_CREDENTIALS names, if google-auth has logged one."""
    for _logger, error in causes:
        if type(error).__name__ in ("DefaultCredentialsError", "MalformedError"):
            reason = str(error.args[0]) if error.args else ""
            if "default credentials were not found" not in reason:
                return StorageError(f"GOOGLE_APPLICATION_CREDENTIALS: {reason[:300]}")
    return None


def _is_transient(error: BaseException, code: str) -> bool:
    """Return whether the cause is the network, the storage itself, or credentials that do not exist yet."""
    names = {base.__name__ for base in type(error).__mro__}
    return bool(names & TRANSIENT) or code in TRANSIENT_CODES or code.startswith("5")
