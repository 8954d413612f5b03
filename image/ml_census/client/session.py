"""Ask a running ml-census: log in, send rows in batches, try again where that helps.

with Client("https://census.example.com", "alice", password) as client:
    for prediction in client.predict(rows): ...
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ml_census.client import json_rows
from ml_census.client.connection import STRANGER, TOO_LARGE, ClientError, Connection, RejectedError, document

__all__ = ["Answer", "Client", "ClientError", "Model", "RejectedRowError"]

PATIENCE_SECONDS = 120
"""So long a batch is tried again while the server cannot take it: longer than an update keeps a pod waiting."""
BATCH_ROWS = 1000
BATCH_BYTES = 512 * 1024
"""Maximum size of a request, unless one row is larger: half of the server's default max_body_bytes."""
MOST_REASONS = 3
"""So many columns of a refused row are named."""


class RejectedRowError(ClientError):
    """The server refuses one row for good: its number, counted from 0 among all that were sent, and the reason."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"row {row}, {reason}" if reason.startswith("column ") else f"row {row}: {reason}")
        self.row = row
        self.reason = reason


@dataclass(frozen=True)
class Model:
    """What a server serves now."""

    version: str
    """The first digits of its SHA-256."""
    columns: list[str]
    """In its order."""
    required: list[str]
    """The columns without those that the model does not use."""
    classes: list[str] | None
    """In the order of the probabilities, those of several outputs one after the other, each with the number of its
    output; None if the model has no probabilities."""


@dataclass(frozen=True)
class Answer:
    """The answers to rows that follow each other."""

    predictions: list[Any]
    probabilities: list[Any] | None
    """For each row those of all classes, if they were asked for."""
    refused: dict[int, str]
    """The rows that have no prediction, by their number among all, with the reason. Their prediction is None."""
    unknown: int
    """How many values the model does not know."""
    examples: list[dict[str, Any]]
    """Some of these: row among all, column, got."""


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
        self._connection = Connection(url, name, password, patience, clock)
        self.url = self._connection.url

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def model(self) -> Model:
        """The model that answers now. Raises ClientError."""
        version = document(self._connection.ask("GET", "/version"))
        self._connection.renew()
        schema = document(self._connection.ask("GET", "/schema"))
        try:
            names = {str(each["name"]): not each.get("dropped") for each in schema["columns"]}
            return Model(str(version["model"]), [*names], [name for name in names if names[name]], _classes(schema))
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
        skip_refused: bool = False,
    ) -> Iterator[Answer]:
        """Yield the answers to batches of rows. Raises ClientError; RejectedRowError unless skip_refused is set.

        A request has at most `batch` rows and BATCH_BYTES bytes; where the server takes less (413), the next ones are
        smaller. No model but `version` may answer, if it is given.
        """
        query = "?warnings=true&proba=true" if with_probabilities else "?warnings=true"
        batches = _Batches(self._texts(rows, skip_refused), batch)
        while some := batches.take():
            try:
                yield self._answer(some, query, version, skip_refused)
            except RejectedError as refusal:
                if refusal.status != TOO_LARGE or len(some) == 1:
                    raise
                batches.halve(some)

    def _texts(self, rows: Any, skip_refused: bool) -> Iterator["_Row"]:
        """Yield rows as JSON. Raises ClientError, RejectedRowError."""
        try:
            model = self.model() if json_rows.is_frame(rows) else Model("", [], [], None)
            given = json_rows.rows_of(rows, model.columns, model.required)
        except json_rows.RowError as error:
            raise ClientError(str(error)) from error
        for number, row in enumerate(given):
            try:
                yield _Row(number, json_rows.text_of(row).encode())
            except json_rows.RowError as error:
                if not skip_refused:
                    raise RejectedRowError(number, str(error)) from error
                yield _Row(number, b"", str(error))

    def _answer(self, rows: list["_Row"], query: str, version: str, skip_refused: bool) -> Answer:
        """Return the answer to a batch. Rows that the server refuses are left out, and the others sent again."""
        while left := [row for row in rows if not row.problem]:
            try:
                said, unknown = self._sent(left, query, version)
                break
            except RejectedError as refusal:
                problems = _problems(refusal, left)
                if not problems:
                    raise
                if not skip_refused:
                    raise RejectedRowError(*problems[0]) from refusal
                for number, reason in problems:
                    rows[number - rows[0].number].problem = reason
        else:
            said, unknown = {"predictions": []}, 0
        answers = {row.number: place for place, row in enumerate(left)}
        probabilities = said.get("probabilities")
        return Answer(
            [said["predictions"][answers[row.number]] if row.number in answers else None for row in rows],
            probabilities and [probabilities[answers[row.number]] if row.number in answers else [] for row in rows],
            {row.number: row.problem for row in rows if row.problem},
            unknown,
            [{**each, "row": left[each["row"]].number} for each in said.get("warnings", [])],
        )

    def _sent(self, rows: list["_Row"], query: str, version: str) -> tuple[dict[str, Any], int]:
        """Return the response and the number of unknown values. Raises ClientError, RejectedError."""
        body = b'{"inputs": [' + b", ".join(row.text for row in rows) + b"]}"
        self._connection.renew()
        answer = self._connection.ask("POST", f"/prediction{query}", body)
        said = document(answer)
        predictions = said.get("predictions") if isinstance(said, dict) else None
        if not isinstance(predictions, list) or len(predictions) != len(rows):
            raise ClientError(STRANGER)
        if version and (now := answer.headers.get("X-Model-Version")) != version:
            raise ClientError(f"the server has model {now} now, not {version}: the next run starts from the first row")
        unknown = answer.headers.get("X-Unknown-Values", "0")
        return said, int(unknown) if unknown.isdecimal() else 0


def _classes(schema: dict[str, Any]) -> list[str] | None:
    if outputs := schema.get("outputs"):
        return [f"{number} {name}" for number, classes in enumerate(outputs) for name in classes]
    classes = schema["classes"]
    return None if classes is None else [str(name) for name in classes]


@dataclass
class _Row:
    """A row as JSON, and why it has no prediction."""

    number: int
    text: bytes
    problem: str = ""


class _Batches:
    """Rows in batches of limited rows and bytes; of one row at least."""

    def __init__(self, rows: Iterator[_Row], most: int) -> None:
        self._rows = rows
        self._again: list[_Row] = []
        self._most = most

    def take(self) -> list[_Row]:
        """Return the next rows."""
        some: list[_Row] = []
        size = 0
        while len(some) < self._most and (row := self._next()):
            size += len(row.text) + 2
            if some and size > BATCH_BYTES:
                self._again.append(row)
                break
            some.append(row)
        return some

    def halve(self, rows: list[_Row]) -> None:
        """Return these rows once more, and from now on half as many at once."""
        self._most = (len(rows) + 1) // 2
        self._again += reversed(rows)

    def _next(self) -> _Row | None:
        return self._again.pop() if self._again else next(self._rows, None)


def _problems(refusal: RejectedError, rows: list[_Row]) -> list[tuple[int, str]]:
    """Return the rows that a refusal names, by their numbers among all, each with the reason."""
    if refusal.status == TOO_LARGE and len(rows) == 1:
        limits = "max_body_bytes in config.yaml, or a proxy's limit"
        return [(rows[0].number, f"{refusal}: the row has {len(rows[0].text)} bytes, more than {limits}")]
    found: dict[int, list[str]] = {}
    for each in refusal.details:
        row, expected = each.get("row"), each.get("expected")
        if isinstance(row, int) and 0 <= row < len(rows):
            column = f"column {each['column']}: " if "column" in each else ""
            got = f", got {json.dumps(each['got'], ensure_ascii=False)}" if "got" in each else ""
            found.setdefault(rows[row].number, []).append(f"{column}expected {expected}{got}")
    return [(number, "; ".join(reasons[:MOST_REASONS])) for number, reasons in found.items()]
