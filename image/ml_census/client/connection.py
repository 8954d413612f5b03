"""Connection to an ml-census server: login, token, retries, and errors with a message of one line."""

import errno
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import jwt
import requests
from requests.auth import AuthBase, HTTPBasicAuth

TIMEOUT_SECONDS = 60
MAX_BACKOFF_SECONDS = 10
REFRESH_MARGIN_SECONDS = 60
"""Remaining lifetime of a token below which the client gets a new token."""
RETRY_STATUSES = (408, 429, 502, 503, 504)
TOO_LARGE = 413
STRANGER = "the server at this URL is not ml-census"
CAUSES = {
    errno.ECONNREFUSED: "connection refused: no server listens on this port",
    errno.ECONNRESET: "the server closed the connection before it answered",
    errno.EPIPE: "the server closed the connection before it answered",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "no route to the host's network",
}


class ClientError(Exception):
    """Report a request that failed or cannot be sent. The message is the reason in one line.

    `retry_after` is the minimum time before a retry (seconds), or None if a retry would
    not help.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RejectedError(ClientError):
    """Report a response that is a redirect or has an error status. `status` is the HTTP status code.

    `details` lists the invalid values or rows from the response, as dicts with the keys
    row, column, expected and got.
    """

    def __init__(
        self, message: str, status: int, details: list[dict[str, Any]], retry_after: float | None = None
    ) -> None:
        super().__init__(message, retry_after)
        self.status = status
        self.details = details


class _Bearer(AuthBase):
    """Bearer token of each request. requests would replace a header of the session by an entry of ~/.netrc."""

    token = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class Connection:
    """HTTP session with a token. A request without a response is sent again, because predictions are idempotent.

    `retry_timeout` is the maximum time for the retries of a request (seconds). `clock`
    returns the time in seconds. Without a name and password, the connection sends no
    token. Raises ClientError if the URL has a scheme other than http or https.
    """

    def __init__(
        self, url: str, name: str | None, password: str | None, retry_timeout: float, clock: Callable[[], float]
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ClientError("the URL must start with http:// or https://")
        self.url = url.rstrip("/")
        self._credentials = HTTPBasicAuth(name.encode(), (password or "").encode()) if name is not None else None
        self._retry_timeout = retry_timeout
        self._clock = clock
        self._bearer = _Bearer()
        self._session = requests.Session()
        self._renew_at = 0.0
        self._has_answered = False

    def close(self) -> None:
        """Close the HTTP session."""
        self._session.close()

    def renew(self) -> None:
        """Log in if there is no token, or if the token expires within 60 s. Raises ClientError if the login fails.

        Without a name and password, do nothing.
        """
        if self._credentials and self._clock() >= self._renew_at:
            self._log_in()

    def _log_in(self) -> None:
        if not self._credentials:
            raise ClientError("the server requires a login: give the name of a user")
        if not self._has_answered:
            self.request("GET", "/version")  # a redirect to https raises before the password is sent
        token = json_content(self.request("GET", "/login"))
        try:
            self._bearer.token = token["token"]
            claims = jwt.decode(token["token"], options={"verify_signature": False})
            # only the clock of the client counts; the clock of the server may differ
            self._renew_at = self._clock() + claims["exp"] - claims["iat"] - REFRESH_MARGIN_SECONDS
        except (KeyError, TypeError, jwt.InvalidTokenError) as error:
            raise ClientError(STRANGER) from error

    def request(self, method: str, path: str, body: bytes | None = None) -> requests.Response:
        """Return a successful response.

        Retry while the server is busy or, after an earlier response, unreachable. Log
        in again after a 401 or 403. Raises RejectedError if the response is a redirect
        or an error, and ClientError if there is no response.
        """
        end = self._clock() + self._retry_timeout
        response = self._send_with_retries(method, path, body, end)
        if response.status_code in (401, 403) and path != "/login":
            self._log_in()  # the signing key or the password has changed
            response = self._send_with_retries(method, path, body, end)
        if not response.ok or response.is_redirect:
            raise _rejection(response)
        return response

    def _send_with_retries(self, method: str, path: str, body: bytes | None, end: float) -> requests.Response:
        """Return the first response that needs no retry. Raises ClientError after the time `end`."""
        pause = 0.5
        while True:
            try:
                return self._try_once(method, path, body)
            except ClientError as failure:
                wait = max(pause, failure.retry_after or 0)
                if failure.retry_after is None or self._clock() + wait > end:
                    raise
            time.sleep(wait)
            pause = min(2 * pause, MAX_BACKOFF_SECONDS)

    def _try_once(self, method: str, path: str, body: bytes | None) -> requests.Response:
        """Return the response. Raises ClientError, whose retry_after is set if a retry may help."""
        try:
            response = self._send(method, path, body)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            # if no request has had a response, the URL is probably wrong
            raise ClientError(_cause(error), 0 if self._has_answered else None) from error
        except requests.RequestException as error:
            raise ClientError(str(error)) from error
        self._has_answered = True
        if response.status_code in RETRY_STATUSES:
            raise _rejection(response, _retry_after(response))
        return response

    def _send(self, method: str, path: str, body: bytes | None) -> requests.Response:
        """Send one request. Follow no redirect: a redirect could turn a POST into a GET or leak the password."""
        return self._session.request(
            method,
            self.url + path,
            data=body,
            headers={"Content-Type": "application/json"} if body else None,
            auth=self._credentials if path == "/login" else self._bearer,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )


def json_content(response: requests.Response) -> Any:
    """Return the parsed JSON body of a response. Raises ClientError if the body is not JSON."""
    try:
        return response.json()
    except requests.JSONDecodeError as error:
        raise ClientError(STRANGER) from error


def _rejection(response: requests.Response, retry_after: float | None = None) -> RejectedError:
    status = response.status_code
    if response.is_redirect:
        moved = urljoin(response.url, response.headers["Location"]).removesuffix(urlsplit(response.url).path)
        return RejectedError(f"{status}: it has moved to {moved}", status, [])
    try:
        content = response.json()
        message, details = str(content["error message"]), list(content.get("details") or [])
    except (requests.JSONDecodeError, KeyError, TypeError, AttributeError):
        message, details = response.text[:500], []
    known = [detail for detail in details if isinstance(detail, dict)]
    return RejectedError(f"{status} {message}", status, known, retry_after)


def _cause(error: requests.RequestException) -> str:
    """Return the reason in one sentence. requests and urllib3 wrap the original exception in other exceptions."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy of the environment (http_proxy, https_proxy) cannot be reached"
    if isinstance(error, requests.exceptions.SSLError):
        return f"the TLS connection failed: {next(_chain(error, OSError, ValueError), error)}"
    if isinstance(error, requests.Timeout):
        return f"no response within {TIMEOUT_SECONDS} s"
    for cause in _chain(error, OSError):
        if isinstance(cause, socket.gaierror):
            return "the host name cannot be resolved"
        if cause.errno in CAUSES:
            return CAUSES[cause.errno]
        if cause.strerror:
            return f"the server cannot be reached: {cause.strerror}"
    return "the server closed the connection before it answered"


def _chain(error: BaseException, *kinds: type[BaseException]) -> Iterator[Any]:
    """Yield the causes of an error that are of one of the `kinds`, except exceptions of requests, innermost last."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        if isinstance(cause, kinds) and not isinstance(cause, requests.RequestException):
            yield cause
        waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]


def _retry_after(response: requests.Response) -> float:
    seconds = response.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else 0
