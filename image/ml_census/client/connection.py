"""Connection to a running ml-census: login, token, retries and one-line errors."""

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
"""The client gets a new token when the current one expires within this time."""
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
    """A request failed; the message is the reason in one line."""


class RejectedError(ClientError):
    """The server rejects a request. A retry would not help.

    `details` are those of the response: objects with row, column, expected and got.
    """

    def __init__(self, message: str, status: int, details: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.status = status
        self.details = details


class _Bearer(AuthBase):
    """Bearer token. A header of the session would lose to an entry of ~/.netrc for the host."""

    token = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class Connection:
    """HTTP session and token. Predictions are idempotent: a request without a response is sent again."""

    def __init__(self, url: str, name: str, password: str, retry_timeout: float, clock: Callable[[], float]) -> None:
        if not url.startswith(("http://", "https://")):
            raise ClientError("the URL must start with http:// or https://")
        self.url = url.rstrip("/")
        self._credentials = HTTPBasicAuth(name.encode(), password.encode())
        self._retry_timeout = retry_timeout
        self._clock = clock
        self._bearer = _Bearer()
        self._session = requests.Session()
        self._renew_at = 0.0
        self._has_answered = False

    def close(self) -> None:
        """Close the session."""
        self._session.close()

    def renew(self) -> None:
        """Log in if there is no token, or if it ends soon. Raises ClientError."""
        if self._clock() >= self._renew_at:
            self._log_in()

    def _log_in(self) -> None:
        if not self._has_answered:
            self.request("GET", "/version")  # a redirect to https shows before the password is sent unencrypted
        token = json_content(self.request("GET", "/login"))
        try:
            self._bearer.token = token["token"]
            claims = jwt.decode(token["token"], options={"verify_signature": False})
            # only the clock of the client counts; the clock of the server may differ
            self._renew_at = self._clock() + claims["exp"] - claims["iat"] - REFRESH_MARGIN_SECONDS
        except (KeyError, TypeError, jwt.InvalidTokenError) as error:
            raise ClientError(STRANGER) from error

    def request(self, method: str, path: str, body: bytes | None = None) -> requests.Response:
        """Return the response. Retry while the server is busy or unreachable. Raises ClientError, RejectedError."""
        end, pause = self._clock() + self._retry_timeout, 0.5
        has_logged_in = False
        while True:
            answer = None
            try:
                answer = self._send(method, path, body)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                if not self._has_answered:  # probably a wrong address
                    raise ClientError(_cause(error)) from error
                failure = ClientError(_cause(error))
            except requests.RequestException as error:
                raise ClientError(str(error)) from error
            if answer is not None:
                self._has_answered = True
                if answer.status_code in (401, 403) and path != "/login" and not has_logged_in:
                    has_logged_in = True  # the key or the password has changed
                    self._log_in()
                    continue
                if answer.ok and not answer.is_redirect:
                    return answer
                failure = _rejection(answer)
                if answer.status_code not in RETRY_STATUSES:
                    raise failure
            wait = max(pause, _retry_after(answer))
            if self._clock() + wait > end:
                raise failure
            time.sleep(wait)
            pause = min(2 * pause, MAX_BACKOFF_SECONDS)

    def _send(self, method: str, path: str, body: bytes | None) -> requests.Response:
        """Send one request. Redirects are not followed: they would turn a POST into a GET and forward the password."""
        return self._session.request(
            method,
            self.url + path,
            data=body,
            headers={"Content-Type": "application/json"} if body else None,
            auth=self._credentials if path == "/login" else self._bearer,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )


def json_content(answer: requests.Response) -> Any:
    """Return the JSON of a response. Raises ClientError."""
    try:
        return answer.json()
    except requests.JSONDecodeError as error:
        raise ClientError(STRANGER) from error


def _rejection(answer: requests.Response) -> RejectedError:
    status = answer.status_code
    if answer.is_redirect:
        moved = urljoin(answer.url, answer.headers["Location"]).removesuffix(urlsplit(answer.url).path)
        return RejectedError(f"{status}: it has moved to {moved}", status, [])
    try:
        content = answer.json()
        message, details = str(content["error message"]), list(content.get("details") or [])
    except (requests.JSONDecodeError, KeyError, TypeError, AttributeError):
        message, details = answer.text[:500], []
    return RejectedError(f"{status} {message}", status, [each for each in details if isinstance(each, dict)])


def _cause(error: requests.RequestException) -> str:
    """Return the reason in one sentence: requests and urllib3 wrap it in several exceptions, each with a text."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy of the environment (http_proxy, https_proxy) cannot be reached"
    if isinstance(error, requests.exceptions.SSLError):
        return f"the TLS connection failed: {next(_chain(error, OSError, ValueError), error)}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_SECONDS} s"
    for cause in _chain(error, OSError):
        if isinstance(cause, socket.gaierror):
            return "the host name cannot be resolved"
        if cause.errno in CAUSES:
            return CAUSES[cause.errno]
        if cause.strerror:
            return f"the server cannot be reached: {cause.strerror}"
    return "the server closed the connection before it answered"


def _chain(error: BaseException, *kinds: type[BaseException]) -> Iterator[Any]:
    """Yield the exceptions of some kinds that led to an error, except those of requests, the innermost last."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, kinds) and not isinstance(each, requests.RequestException):
            yield each
        waiting += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]


def _retry_after(answer: requests.Response | None) -> float:
    given = answer.headers.get("Retry-After", "") if answer is not None else ""
    return float(given) if given.isdecimal() else 0
