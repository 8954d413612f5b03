"""Ask a running ml-census: log in, send rows in batches, try again where that helps.

with Client("https://census.example.com", "alice", password) as client:
    for prediction in client.predict(rows): ...
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import jwt
import requests
from requests.auth import HTTPBasicAuth

TIMEOUT_SECONDS = 60
PATIENCE_SECONDS = 120
"""So long a batch is tried again while the server cannot take it: longer than an update keeps a pod waiting."""
LONGEST_PAUSE_SECONDS = 10
RENEW_SECONDS = 60
"""A token is replaced when it has so long left."""
AGAIN = (429, 502, 503, 504)


class ClientError(Exception):
    """The server did not answer as asked; the message is the reason in one line."""


class Client:
    """Keeps a connection and a token. A prediction changes nothing, so what got no answer is asked again."""

    def __init__(self, url: str, name: str, password: str, patience: float = PATIENCE_SECONDS) -> None:
        if not url.startswith(("http://", "https://")):
            raise ClientError("the URL must start with http:// or https://")
        self._url = url.rstrip("/")
        self._credentials = HTTPBasicAuth(name.encode(), password.encode())
        self._patience = patience
        self._session = requests.Session()
        self._renew_at = 0.0
        self._has_answered = False

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def columns(self) -> list[str]:
        """The model's columns, in its order. Raises ClientError."""
        models = self._ask("GET", "/v1/models")
        try:
            metadata = self._ask("GET", f"/v2/models/{models['models'][0]}")
            return [str(each["name"]) for each in metadata["inputs"]]
        except (KeyError, IndexError, TypeError) as error:
            raise ClientError("what answers there is not ml-census") from error

    def predict(self, rows: Iterable[Any], batch: int = 1000, first: int = 0) -> Iterator[Any]:
        """One prediction a row, in their order, as the batches are answered. `first` is the number of the first row, by
        which an error names its row. Raises ClientError."""
        remaining = iter(rows)
        while some := list(islice(remaining, batch)):
            yield from self._predict(some, first)
            first += len(some)

    def _predict(self, rows: list[Any], first: int) -> list[Any]:
        if time.monotonic() >= self._renew_at:
            self._log_in()
        answer = self._ask("POST", "/prediction", first, {"inputs": rows})
        predictions = answer.get("predictions") if isinstance(answer, dict) else None
        if not isinstance(predictions, list) or len(predictions) != len(rows):
            raise ClientError("what answers there is not ml-census")
        return predictions

    def _log_in(self) -> None:
        self._session.headers.pop("Authorization", None)
        try:
            token = self._ask("GET", "/login")["token"]
            claims = jwt.decode(token, options={"verify_signature": False})
            # Of the two clocks only this one is looked at: theirs may be another.
            self._renew_at = time.monotonic() + claims["exp"] - claims["iat"] - RENEW_SECONDS
        except (KeyError, TypeError, jwt.InvalidTokenError) as error:
            raise ClientError("what answers there is not ml-census") from error
        self._session.headers["Authorization"] = f"Bearer {token}"

    def _ask(self, method: str, path: str, first: int = 0, body: Mapping[str, Any] | None = None) -> Any:
        """The document that is answered, tried again while the server is busy or away. Raises ClientError."""
        end, pause = time.monotonic() + self._patience, 0.5
        has_logged_in = False
        while True:
            auth = self._credentials if path == "/login" else None
            try:
                answer = self._session.request(method, self._url + path, json=body, auth=auth, timeout=TIMEOUT_SECONDS)
                reason = f"{answer.status_code} {answer.text[:500]}"
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                if not self._has_answered:  # a wrong address, most likely
                    raise ClientError(str(error)) from error
                answer, reason = None, str(error)
            except requests.RequestException as error:
                raise ClientError(str(error)) from error
            self._has_answered |= answer is not None
            if answer is not None and answer.ok:
                return _document(answer)
            if answer is not None and answer.status_code == 403 and path == "/prediction" and not has_logged_in:
                has_logged_in = True  # the key or the password has changed
                self._log_in()
                continue
            if answer is not None and answer.status_code not in AGAIN:
                raise ClientError(_reason(answer, first))
            wait = max(pause, _retry_after(answer))
            if time.monotonic() + wait > end:
                raise ClientError(reason)
            time.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _document(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except requests.JSONDecodeError as error:
        raise ClientError("what answers there is not ml-census") from error


def _reason(answer: requests.Response, first: int) -> str:
    """What the server says, with the number of the row among all that were sent."""
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
