"""Client for a running ml-census: logs in, sends rows in batches and retries.

with Client("https://census.example.com", "alice", password) as client:
    for prediction in client.predict(rows): ...
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ml_census.client import json_rows
from ml_census.client.connection import STRANGER, TOO_LARGE, ClientError, Connection, RejectedError, json_content

__all__ = ["Answer", "Client", "ClientError", "ModelInfo", "RejectedRowError"]

RETRY_TIMEOUT_SECONDS = 120
"""Maximum time for the retries of a batch, longer than a pod is unavailable in an update."""
BATCH_ROWS = 1000
BATCH_BYTES = 512 * 1024
"""Maximum size of a request, unless one row is larger: half of the server's default max_body_bytes."""
MAX_REASONS = 3
"""Maximum columns that are named for a rejected row."""


class RejectedRowError(ClientError):
    """The server rejects a row: its index among all rows, from 0, and the reason."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"row {row}, {reason}" if reason.startswith("column ") else f"row {row}: {reason}")
        self.row = row
        self.reason = reason


@dataclass(frozen=True)
class ModelInfo:
    """Model that a server serves."""

    version: str
    """First digits of its SHA-256."""
    columns: list[str]
    """Columns in the order of the model."""
    required: list[str]
    """Columns that the model uses."""
    classes: list[str] | None
    """Classes in the order of the probabilities; None if the model has no probabilities.

    For several outputs, the classes of each output follow each other, with the number of the output.
    """


@dataclass(frozen=True)
class Answer:
    """Predictions for consecutive rows."""

    predictions: list[Any]
    probabilities: list[Any] | None
    """Probabilities of all classes for each row, if requested."""
    rejected: dict[int, str]
    """Reason for each rejected row, by its index among all rows. Its prediction is None."""
    unknown: int
    """Number of values that the model does not know."""
    examples: list[dict[str, Any]]
    """Some unknown values, as objects with row (among all rows), column and got."""


class Client:
    """Client with a connection and a token. Predictions are idempotent and are retried."""

    def __init__(
        self,
        url: str,
        name: str,
        password: str,
        retry_timeout: float = RETRY_TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = Connection(url, name, password, retry_timeout, clock)
        self.url = self._connection.url

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def model(self) -> ModelInfo:
        """Return the model that the server serves. Raises ClientError."""
        version = json_content(self._connection.request("GET", "/version"))
        self._connection.renew()
        schema = json_content(self._connection.request("GET", "/schema"))
        try:
            names = {str(each["name"]): not each.get("dropped") for each in schema["columns"]}
            return ModelInfo(str(version["model"]), [*names], [name for name in names if names[name]], _classes(schema))
        except (AttributeError, KeyError, TypeError) as error:
            raise ClientError(STRANGER) from error

    def predict(self, rows: Any, batch: int = BATCH_ROWS) -> Iterator[Any]:
        """Yield one prediction a row, in order. Raises ClientError, RejectedRowError.

        The rows are a DataFrame, an array, or anything that yields lists of values or objects by column name. Missing
        values may be None, NaN, NA or NaT.
        """
        for answer in self.answers(rows, batch):
            yield from answer.predictions

    def answers(
        self,
        rows: Any,
        batch: int = BATCH_ROWS,
        version: str = "",
        with_probabilities: bool = False,
        skip_rejected: bool = False,
    ) -> Iterator[Answer]:
        """Yield the answers to batches of rows. Raises ClientError; RejectedRowError unless skip_rejected is set.

        A request has maximum `batch` rows and BATCH_BYTES bytes. After a 413 response the batches are smaller. If
        `version` is given, a response of another model raises ClientError.
        """
        query = "?warnings=true&proba=true" if with_probabilities else "?warnings=true"
        batches = _Batches(self._json_rows(rows, skip_rejected), batch)
        while taken := batches.take():
            try:
                yield self._answer(taken, query, version, skip_rejected)
            except RejectedError as rejection:
                if rejection.status != TOO_LARGE or len(taken) == 1:
                    raise
                batches.halve(taken)

    def _json_rows(self, rows: Any, skip_rejected: bool) -> Iterator["_Row"]:
        """Yield rows as JSON. Raises ClientError, RejectedRowError."""
        try:
            model = self.model() if json_rows.is_frame(rows) else ModelInfo("", [], [], None)
            given = json_rows.rows_of(rows, model.columns, model.required)
        except json_rows.RowError as error:
            raise ClientError(str(error)) from error
        for number, row in enumerate(given):
            try:
                yield _Row(number, json_rows.text_of(row).encode())
            except json_rows.RowError as error:
                if not skip_rejected:
                    raise RejectedRowError(number, str(error)) from error
                yield _Row(number, b"", str(error))

    def _answer(self, rows: list["_Row"], query: str, version: str, skip_rejected: bool) -> Answer:
        """Return the answer to a batch. Rejected rows are removed, and the others are sent again."""
        while remaining := [row for row in rows if not row.problem]:
            try:
                content, unknown = self._send_rows(remaining, query, version)
                break
            except RejectedError as rejection:
                problems = _problems(rejection, remaining)
                if not problems:
                    raise
                if not skip_rejected:
                    raise RejectedRowError(*problems[0]) from rejection
                for number, reason in problems:
                    rows[number - rows[0].number].problem = reason
        else:
            content, unknown = {"predictions": []}, 0
        answers = {row.number: index for index, row in enumerate(remaining)}
        probabilities = content.get("probabilities")
        return Answer(
            [content["predictions"][answers[row.number]] if row.number in answers else None for row in rows],
            probabilities and [probabilities[answers[row.number]] if row.number in answers else [] for row in rows],
            {row.number: row.problem for row in rows if row.problem},
            unknown,
            [{**each, "row": remaining[each["row"]].number} for each in content.get("warnings", [])],
        )

    def _send_rows(self, rows: list["_Row"], query: str, version: str) -> tuple[dict[str, Any], int]:
        """Return the response and the number of unknown values. Raises ClientError, RejectedError."""
        body = b'{"inputs": [' + b", ".join(row.text for row in rows) + b"]}"
        self._connection.renew()
        answer = self._connection.request("POST", f"/prediction{query}", body)
        content = json_content(answer)
        predictions = content.get("predictions") if isinstance(content, dict) else None
        if not isinstance(predictions, list) or len(predictions) != len(rows):
            raise ClientError(STRANGER)
        if version and (now := answer.headers.get("X-Model-Version")) != version:
            raise ClientError(f"the server has model {now} now, not {version}: the next run starts from the first row")
        unknown = answer.headers.get("X-Unknown-Values", "0")
        return content, int(unknown) if unknown.isdecimal() else 0


def _classes(schema: dict[str, Any]) -> list[str] | None:
    if outputs := schema.get("outputs"):
        return [f"{number} {name}" for number, classes in enumerate(outputs) for name in classes]
    classes = schema["classes"]
    return None if classes is None else [str(name) for name in classes]


@dataclass
class _Row:
    """Row as JSON, and the reason if it has no prediction."""

    number: int
    text: bytes
    problem: str = ""


class _Batches:
    """Batches of limited rows and bytes, with at least one row each."""

    def __init__(self, rows: Iterator[_Row], max_rows: int) -> None:
        self._rows = rows
        self._again: list[_Row] = []
        self._max_rows = max_rows

    def take(self) -> list[_Row]:
        """Return the next rows."""
        batch: list[_Row] = []
        size = 0
        while len(batch) < self._max_rows and (row := self._next()):
            size += len(row.text) + 2
            if batch and size > BATCH_BYTES:
                self._again.append(row)
                break
            batch.append(row)
        return batch

    def halve(self, rows: list[_Row]) -> None:
        """Put the rows back, and halve the size of the following batches."""
        self._max_rows = (len(rows) + 1) // 2
        self._again += reversed(rows)

    def _next(self) -> _Row | None:
        return self._again.pop() if self._again else next(self._rows, None)


def _problems(rejection: RejectedError, rows: list[_Row]) -> list[tuple[int, str]]:
    """Return the index among all rows and the reason of each row that a rejection names."""
    if rejection.status == TOO_LARGE and len(rows) == 1:
        limits = "max_body_bytes in config.yaml, or a proxy's limit"
        return [(rows[0].number, f"{rejection}: the row has {len(rows[0].text)} bytes, more than {limits}")]
    found: dict[int, list[str]] = {}
    for each in rejection.details:
        row, expected = each.get("row"), each.get("expected")
        if isinstance(row, int) and 0 <= row < len(rows):
            column = f"column {each['column']}: " if "column" in each else ""
            got = f", got {json.dumps(each['got'], ensure_ascii=False)}" if "got" in each else ""
            found.setdefault(rows[row].number, []).append(f"{column}expected {expected}{got}")
    return [(number, "; ".join(reasons[:MAX_REASONS])) for number, reasons in found.items()]
