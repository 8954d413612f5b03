"""Clients that send one request after the other, and record the outcomes."""

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

from e2e.cluster import wait_for

ROW = [39, "State-gov", 77516, "Bachelors", 13, "Never-married", "Adm-clerical", "Not-in-family", "White", "Male",
       2174, 0, 40, "United-States"]  # fmt: skip
PREDICTION = "Annual Salary <50K"
LOGIN = "Basic " + base64.b64encode(b"census:census").decode()
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Failure:
    """A request without the correct response."""

    outcome: str
    """A status code, "wrong", "refused" (no connection), "reset" (no response), "timed out", or the error's name."""
    client: int
    port: int
    """Port of the client, or 0 without a connection."""
    at: float
    """time.monotonic()."""


@dataclass
class Load:
    """Clients that each send one request after the other on one connection.

    Each client logs in again after requests_per_login requests: tokens expire, and keys and users may change.
    """

    url: str
    clients: int = 4
    pause: float = 0.02
    requests_per_login: int = 500
    outcomes: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Run the clients until the end of the block."""
        threads = [threading.Thread(target=self._run_client, args=(number,)) for number in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(2 * TIMEOUT_SECONDS)

    def wait_for_more(self, requests: int) -> None:
        """Wait until the clients have sent some more requests."""
        end = len(self.outcomes) + requests
        wait_for(f"{requests} more requests", lambda: len(self.outcomes) >= end)

    def _run_client(self, client: int) -> None:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
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
                    left = self.requests_per_login if token else 0
            except (OSError, HTTPException) as error:
                outcome = outcome_of(error)
                connection.close()
            self.outcomes.append(outcome)
            if outcome != "200":
                self.failed.append(Failure(outcome, client, port, time.monotonic()))
        connection.close()

    def _predict(self, connection: HTTPConnection, token: str) -> str:
        headers = {"Authorization": token, "Content-Type": "application/json"}
        connection.request("POST", "/prediction", json.dumps({"inputs": [ROW]}), headers)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            return str(response.status)
        self.versions.add(response.headers.get("X-Model-Version", ""))
        return "200" if is_correct(body) else "wrong"

    def __str__(self) -> str:
        counted = dict(Counter(failure.outcome for failure in self.failed))
        return f"{len(self.outcomes)} requests, {len(self.failed)} failed {counted}"


def connect(connection: HTTPConnection) -> int:
    """Open the connection again if the server has closed it. Return the port of the client."""
    if connection.sock and select.select([connection.sock], [], [], 0)[0]:
        connection.close()
    if not connection.sock:
        connection.connect()
    return int(connection.sock.getsockname()[1])


def log_in(connection: HTTPConnection) -> tuple[str, str]:
    """Return the status and the token, or an empty token."""
    connection.request("GET", "/login", headers={"Authorization": LOGIN})
    response = connection.getresponse()
    body = response.read()
    return str(response.status), json.loads(body)["token"] if response.status == 200 else ""


def is_correct(body: bytes) -> bool:
    """Return whether a response has the prediction for ROW."""
    try:
        return bool(json.loads(body) == {"predictions": [PREDICTION]})
    except ValueError:
        return False


def outcome_of(error: Exception) -> str:
    """Return the outcome of a request that failed with an error."""
    kinds = {ConnectionRefusedError: "refused", TimeoutError: "timed out"}
    # http.client.RemoteDisconnected is a ConnectionResetError
    kinds |= {ConnectionResetError: "reset", BrokenPipeError: "reset"}
    return next((kind for type_, kind in kinds.items() if isinstance(error, type_)), type(error).__name__)
