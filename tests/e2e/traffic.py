"""Clients that send one request after the other and keep the outcomes."""

import base64
import json
import select
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

ROW = [39, "State-gov", 77516, "Bachelors", 13, "Never-married", "Adm-clerical", "Not-in-family", "White", "Male",
       2174, 0, 40, "United-States"]  # fmt: skip
ANSWER = "Annual Salary <50K"
LOGIN = "Basic " + base64.b64encode(b"census:census").decode()
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Failure:
    """A request without the right answer."""

    outcome: str
    """A status code, "wrong", "refused" (no connection), "reset" (no answer), "timed out", or the error's name."""
    client: int
    port: int
    """The client's port of the connection, 0 without one."""
    at: float
    """Seconds of the monotonic clock."""


@dataclass
class Load:
    """Clients that each send one request after the other on one connection.

    Each logs in again after requests_a_login requests, because tokens expire, and keys and users may change.
    """

    url: str
    clients: int = 4
    pause: float = 0.02
    requests_a_login: int = 500
    outcomes: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(2 * TIMEOUT_SECONDS)

    def _ask(self, client: int) -> None:
        where = urlsplit(self.url)
        connection = HTTPConnection(where.hostname or "", where.port, timeout=TIMEOUT_SECONDS)
        token, left = "", 0
        while not self._stop.wait(self.pause):
            port = 0
            try:
                port = connect(connection)
                if left:
                    left -= 1
                    outcome = self._predict(connection, token)
                else:
                    outcome, token = log_in(connection)
                    left = self.requests_a_login if token else 0
            except (OSError, HTTPException) as error:
                outcome = named(error)
                connection.close()
            self.outcomes.append(outcome)
            if outcome != "200":
                self.failed.append(Failure(outcome, client, port, time.monotonic()))
        connection.close()

    def _predict(self, connection: HTTPConnection, token: str) -> str:
        headers = {"Authorization": token, "Content-Type": "application/json"}
        connection.request("POST", "/prediction", json.dumps({"inputs": [ROW]}), headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            return str(answer.status)
        self.versions.add(answer.headers.get("X-Model-Version", ""))
        return "200" if is_right(body) else "wrong"

    def __str__(self) -> str:
        counted = dict(Counter(failure.outcome for failure in self.failed))
        return f"{len(self.outcomes)} requests, {len(self.failed)} failed {counted}"


def connect(connection: HTTPConnection) -> int:
    """The client's port of a connection that is open: a new one where the server has closed the old one."""
    if connection.sock and select.select([connection.sock], [], [], 0)[0]:
        connection.close()
    if not connection.sock:
        connection.connect()
    return int(connection.sock.getsockname()[1])


def log_in(connection: HTTPConnection) -> tuple[str, str]:
    """The outcome and the token."""
    connection.request("GET", "/login", headers={"Authorization": LOGIN})
    answer = connection.getresponse()
    body = answer.read()
    return str(answer.status), json.loads(body)["token"] if answer.status == 200 else ""


def is_right(body: bytes) -> bool:
    try:
        return bool(json.loads(body) == {"predictions": [ANSWER]})
    except ValueError:
        return False


def named(error: Exception) -> str:
    """The outcome of a request that failed with an error."""
    kinds = {ConnectionRefusedError: "refused", TimeoutError: "timed out"}
    # RemoteDisconnected is a ConnectionResetError.
    kinds |= {ConnectionResetError: "reset", BrokenPipeError: "reset"}
    return next((kind for type_, kind in kinds.items() if isinstance(error, type_)), type(error).__name__)
