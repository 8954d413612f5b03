"""Ask a running ml-census: log in, send rows in batches, try again where that helps.

with Client("https://census.example.com", "alice", password) as client:
    for prediction in client.predict(rows): ...
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

import jwt
import requests
from requests.auth import AuthBase, HTTPBasicAuth

TIMEOUT_SECONDS = 60
PATIENCE_SECONDS = 120
"""So long a batch is tried again while the server cannot take it: longer than an update keeps a pod waiting."""
LONGEST_PAUSE_SECONDS = 10
RENEW_SECONDS = 60
"""A token is replaced when it has so long left."""
AGAIN = (408, 429, 502, 503, 504)


class ClientError(Exception):
    """The server did not answer as asked; the message is the reason in one line."""


@dataclass(frozen=True)
class Model:
    """What a server serves now."""

    version: str
    """The first digits of its SHA-256."""
    columns: list[str]
    """In its order."""


class _Bearer(AuthBase):
    """The token. As a header of the session it would give way to what ~/.netrc has for the host."""

    token = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class Client:
    """Keeps a connection and a token. A prediction changes nothing, so what got no answer is asked again."""

    def __init__(
        self,
        url: str,
        name: str,
        password: str,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ClientError("the URL must start with http:// or https://")
        self.url = url.rstrip("/")
        self._credentials = HTTPBasicAuth(name.encode(), password.encode())
        self._patience = patience
        self._clock = clock
        self._bearer = _Bearer()
        self._session = requests.Session()
        self._renew_at = 0.0
        self._has_answered = False

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def model(self) -> Model:
        """The model that answers now. Raises ClientError."""
        models = _document(self._ask("GET", "/v1/models"))
        self._renew()
        try:
            metadata = _document(self._ask("GET", f"/v2/models/{models['models'][0]}"))
            return Model(str(metadata["versions"][0]), [str(each["name"]) for each in metadata["inputs"]])
        except (KeyError, IndexError, TypeError) as error:
            raise ClientError("what answers there is not ml-census") from error

    def predict(self, rows: Iterable[Any], batch: int = 1000, first: int = 0, version: str = "") -> Iterator[Any]:
        """One prediction a row, in their order, as the batches are answered. `first` is the number of the first row, by
        which an error names its row; no other model than `version` may answer, if it is given. Raises ClientError."""
        remaining = iter(rows)
        while some := list(islice(remaining, batch)):
            yield from self._predict(some, first, version)
            first += len(some)

    def _predict(self, rows: list[Any], first: int, version: str) -> list[Any]:
        body = _body(rows)
        self._renew()
        answer = self._ask("POST", "/prediction", body, first)
        document = _document(answer)
        predictions = document.get("predictions") if isinstance(document, dict) else None
        if not isinstance(predictions, list) or len(predictions) != len(rows):
            raise ClientError("what answers there is not ml-census")
        if version and (now := answer.headers.get("X-Model-Version")) != version:
            raise ClientError(f"model {now} has taken the place of {version}: begin anew")
        return predictions

    def _renew(self) -> None:
        if self._clock() >= self._renew_at:
            self._log_in()

    def _log_in(self) -> None:
        if not self._has_answered:
            self._ask("GET", "/version")  # a redirect to https shows before the password is sent in clear
        token = _document(self._ask("GET", "/login"))
        try:
            self._bearer.token = token["token"]
            claims = jwt.decode(token["token"], options={"verify_signature": False})
            # Of the two clocks only this one is looked at: theirs may be another.
            self._renew_at = self._clock() + claims["exp"] - claims["iat"] - RENEW_SECONDS
        except (KeyError, TypeError, jwt.InvalidTokenError) as error:
            raise ClientError("what answers there is not ml-census") from error

    def _ask(self, method: str, path: str, body: bytes | None = None, first: int = 0) -> requests.Response:
        """The answer, tried again while the server is busy or away. Raises ClientError."""
        end, pause = self._clock() + self._patience, 0.5
        has_logged_in = False
        while True:
            answer = None
            try:
                answer = self._send(method, path, body)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                if not self._has_answered:  # a wrong address, most likely
                    raise ClientError(str(error)) from error
                reason = str(error)
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
                reason = _reason(answer, first)
                if answer.status_code not in AGAIN:
                    raise ClientError(reason)
            wait = max(pause, _retry_after(answer))
            if self._clock() + wait > end:
                raise ClientError(reason)
            time.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _send(self, method: str, path: str, body: bytes | None) -> requests.Response:
        """No redirect is followed: it would make a GET of a POST, and send the password on."""
        return self._session.request(
            method,
            self.url + path,
            data=body,
            headers={"Content-Type": "application/json"} if body else None,
            auth=self._credentials if path == "/login" else self._bearer,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )


def _body(rows: list[Any]) -> bytes:
    try:
        return json.dumps({"inputs": rows}, allow_nan=False, default=_plain).encode()
    except (TypeError, ValueError) as error:
        raise ClientError(f"the rows cannot be sent as JSON: {error}") from error


def _plain(value: Any) -> Any:
    """What numpy and pandas have, as Python's own."""
    if not hasattr(value, "tolist"):
        raise TypeError(f"a value is of type {type(value).__name__}")
    return value.tolist()


def _document(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except requests.JSONDecodeError as error:
        raise ClientError("what answers there is not ml-census") from error


def _reason(answer: requests.Response, first: int) -> str:
    """What the server says, with the number of the row among all that were sent."""
    if answer.is_redirect:
        moved = urljoin(answer.url, answer.headers["Location"]).removesuffix(urlsplit(answer.url).path)
        return f"{answer.status_code}: it has moved to {moved}"
    try:
        document = answer.json()
        message = str(document["error message"])
        for each in document.get("details", [])[:1]:
            column = f", column {each['column']}" if "column" in each else ""
            message += f": row {first + each['row']}{column}: expected {each['expected']}"
    except (requests.JSONDecodeError, KeyError, TypeError):
        message = answer.text[:500]
    return f"{answer.status_code} {message}"


def _retry_after(answer: requests.Response | None) -> float:
    given = answer.headers.get("Retry-After", "") if answer is not None else ""
    return float(given) if given.isdecimal() else 0
