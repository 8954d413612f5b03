"""Conversion of exceptions of the operating system, gcsfs, aiohttp and google-auth to StorageError."""

import logging
import sys
from contextvars import ContextVar
from json import JSONDecodeError

from ml_census.storage.errors import ObjectNotFoundError, StorageError, StorageUnavailableError

READ, WRITE = "read", "written"
ROLES = {READ: "roles/storage.objectViewer", WRITE: "roles/storage.objectUser"}
"""Action -> the IAM role of Google Cloud Storage with the fewest permissions for this
action."""
TRANSIENT = {"ClientError", "ConnectionError", "TimeoutError", "RequestException", "GoogleAuthError", "ChecksumError"}
"""Class names of exceptions of aiohttp, requests, google-auth and gcsfs after which a
retry may succeed."""
TRANSIENT_CODES = {"408", "416", "429"}
"""HTTP status codes after which a retry may succeed: timeout, range beyond the end of a
changed object, rate limit."""
NO_CREDENTIALS = "no Google credentials yet: neither GOOGLE_APPLICATION_CREDENTIALS nor a metadata server gives any"
MAX_REASON_LENGTH = 200
"""Maximum length of a library's or the storage's message in an error message, in
characters."""

Causes = list[tuple[str, BaseException]]
"""Exceptions that gcsfs has logged, oldest first: pairs of logger name and
exception."""
_causes: ContextVar[Causes] = ContextVar("causes")


class _Collector(logging.Handler):
    """Log handler that collects the exceptions that gcsfs logs and does not raise.

    gcsfs logs one exception for each retry, and one for each kind of credentials that
    does not exist. The event loop of gcsfs runs a call with the context variables of
    the thread that waits for the result.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Append the exception of a log record to the list that the current thread passed to collect()."""
        error = (record.exc_info or sys.exc_info())[1]
        if error is not None and (causes := _causes.get(None)) is not None:
            causes.append((record.name, error))


def collect(causes: Causes) -> None:
    """Append to `causes` each exception that gcsfs logs for the current thread after this call.

    The log messages of gcsfs are not shown.
    """
    logger = logging.getLogger("gcsfs")
    if not any(isinstance(handler, _Collector) for handler in logger.handlers):
        logger.addHandler(_Collector())
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
    _causes.set(causes)


def timeout_error(seconds: float, action: str, causes: Causes) -> StorageError:
    """Return the exception for a call that exceeded its timeout of `seconds`. `action` is READ or WRITE.

    The message contains the last exception of `causes` that explains the timeout.
    """
    message = f"could not be {action} within {seconds:g} s"
    if key_file_error := _key_file_error(causes):
        return key_file_error
    retried = [error for logger, error in causes if logger == "gcsfs"]
    if retried:
        return StorageUnavailableError(f"{message}: {translate(retried[-1], action, causes)}")
    return StorageUnavailableError(f"{message}: {NO_CREDENTIALS}" if causes else message)


def translate(error: BaseException, action: str, causes: Causes) -> StorageError:
    """Return the StorageError for an exception of the operating system or of a library.

    `action` is READ or WRITE. `causes` are the exceptions that gcsfs logged during the
    call. A StorageError is returned unchanged.
    """
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
    code = str(vars(error).get("code"))  # vars(): the property `code` of aiohttp emits a warning
    if code in ("401", "403") or text.startswith("Forbidden"):  # gcsfs: "Forbidden: URL", then the response
        lines = text.partition("\n")[2].strip().splitlines()
        reason = f": {lines[0][:MAX_REASON_LENGTH]}" if lines else ""
        return StorageError(f"permission denied: the account needs {ROLES[action]} on the bucket{reason}")
    error_class = StorageUnavailableError if _is_transient(error, code) else StorageError
    lines = text.strip().splitlines()
    return error_class(f"{type(error).__name__}: {lines[0][:MAX_REASON_LENGTH] if lines else 'no reason given'}")


def _key_file_error(causes: Causes) -> StorageError | None:
    """Return the error for an invalid file of GOOGLE_APPLICATION_CREDENTIALS, if google-auth has logged one."""
    for _logger, error in causes:
        if type(error).__name__ in ("DefaultCredentialsError", "MalformedError"):
            reason = str(error.args[0]) if error.args else ""
            if "default credentials were not found" not in reason:
                return StorageError(f"GOOGLE_APPLICATION_CREDENTIALS: {reason[:300]}")
    return None


def _is_transient(error: BaseException, code: str) -> bool:
    """Return whether a retry may succeed: the network, the storage or missing credentials caused the error."""
    names = {base.__name__ for base in type(error).__mro__}
    return bool(names & TRANSIENT) or code in TRANSIENT_CODES or code.startswith("5")
