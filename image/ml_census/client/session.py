"""Client for an ml-census server: logs in, sends rows in batches and retries.

with Client("https://census.example.com", "alice", password) as client:
    for prediction in client.predict(rows): ...
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ml_census.client import json_rows
from ml_census.client.batches import Batches, EncodedRow
from ml_census.client.connection import STRANGER, TOO_LARGE, ClientError, Connection, RejectedError, json_content
from ml_census.client.results import ExplainedPrediction, ModelInfo, PredictionBatch, RejectedRowError

__all__ = ["Client", "ClientError", "ExplainedPrediction", "ModelInfo", "PredictionBatch", "RejectedRowError"]

RETRY_TIMEOUT_SECONDS = 120
"""Default maximum time for the retries of a request, longer than a pod is unavailable
during an update."""
BATCH_ROWS = 1000
MAX_REASONS = 3
"""Maximum number of invalid columns in the reason of a rejected row."""


class _Call(NamedTuple):
    """The options that all requests of one call of predict_batches() have in common."""

    query: str
    """Query string of the URL."""
    compared: bytes
    """Member "reference" of the request body, or empty."""
    expected_version: str
    """Version of the model, or "" for any."""
    skip_rejected: bool
    """False if a rejected row ends the call."""


class Client:
    """Client of one user for the server at `url`. Leaving the `with` block closes the connection.

    A server of `ml-census serve --model` needs no name and no password. The client
    retries a request while the server is busy or, after a first response, unreachable.
    `retry_timeout` is the maximum time for the retries of a request (seconds); 0 means
    no retries. `clock` returns the time in seconds; tests replace the clock. Raises
    ClientError if the URL has a scheme other than http or https.
    """

    def __init__(
        self,
        url: str,
        name: str | None = None,
        password: str | None = None,
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
        """Return a description of the model that the server serves. Raises ClientError if a request fails."""
        version = json_content(self._connection.request("GET", "/version"))
        schema = self.schema()
        try:
            columns = schema["columns"]
            names = [str(column["name"]) for column in columns]
            required = [str(column["name"]) for column in columns if not column.get("dropped")]
            return ModelInfo(str(version["model"]), names, required, _classes(schema))
        except (AttributeError, KeyError, TypeError) as error:
            raise ClientError(STRANGER) from error

    def schema(self) -> Any:
        """Return the parsed response of GET /schema: the columns and classes of the model.

        Raises ClientError if the request fails.
        """
        self._connection.renew()
        return json_content(self._connection.request("GET", "/schema"))

    def predict(self, rows: Any, batch: int = BATCH_ROWS, *, reasons: int = 0, reference: Any = None) -> Iterator[Any]:
        """Yield one prediction for each row, in order; with `reasons`, one ExplainedPrediction for each row.

        The rows are a DataFrame, an array of shape (rows, columns), or an iterable of
        rows. A row is then a list of values or a mapping of column name to value.
        Missing values may be None, NaN, NA or NaT. A request has maximum `batch` rows.
        `reasons` is the maximum number of reasons for each row. `reference` is the row
        to compare with (default: the typical row of the training data). Raises
        RejectedRowError if a row is invalid, and ClientError if a request fails.
        """
        for predicted in self.predict_batches(rows, batch, reasons=reasons, reference=reference):
            if predicted.reasons is None:
                yield from predicted.predictions
            else:
                yield from map(ExplainedPrediction, predicted.predictions, predicted.reasons)

    def predict_batches(
        self,
        rows: Any,
        batch: int = BATCH_ROWS,
        expected_version: str = "",
        with_probabilities: bool = False,
        skip_rejected: bool = False,
        reasons: int = 0,
        reference: Any = None,
    ) -> Iterator[PredictionBatch]:
        """Yield predictions batch by batch. Rows, `reasons` and `reference` are as in predict().

        A request has maximum `batch` rows and 512 KiB. After a response 413, batches
        are smaller. Raises RejectedRowError if a row is invalid, unless `skip_rejected`
        is set. Raises ClientError if a request fails, or if the response is from a
        model version other than `expected_version` (unless "").
        """
        query = "?warnings=true" + "&proba=true" * with_probabilities + (f"&reasons={reasons}" if reasons else "")
        compared = b"" if reference is None else b', "reference": ' + _encoded(reference)
        batches = Batches(self._json_rows(rows, skip_rejected), batch)
        yield from self._predict_all(batches, _Call(query, compared, expected_version, skip_rejected))

    def _predict_all(self, batches: Batches, call: _Call) -> Iterator[PredictionBatch]:
        """Yield the predictions for each batch. Halve a batch that is too large for the server."""
        while taken := batches.take():
            try:
                yield self._predict_batch(taken, call)
            except RejectedError as rejection:
                if rejection.status != TOO_LARGE or len(taken) == 1:
                    raise
                batches.halve(taken)

    def _json_rows(self, rows: Any, skip_rejected: bool) -> Iterator[EncodedRow]:
        """Yield the rows as JSON. Raises ClientError if `rows` is not a table, RejectedRowError for an invalid row."""
        try:
            model = self.model() if json_rows.is_frame(rows) else ModelInfo("", [], [], None)
            values = json_rows.rows_of(rows, model.columns, model.required)
        except json_rows.RowError as error:
            raise ClientError(str(error)) from error
        for number, row in enumerate(values):
            try:
                yield EncodedRow(number, json_rows.text_of(row).encode())
            except json_rows.RowError as error:
                if not skip_rejected:
                    raise RejectedRowError(number, str(error)) from error
                yield EncodedRow(number, b"", str(error))

    def _predict_batch(self, rows: list[EncodedRow], call: _Call) -> PredictionBatch:
        """Return the predictions for a batch. If the server rejects rows, send the other rows again."""
        while sendable := [row for row in rows if not row.problem]:
            try:
                return _align(rows, sendable, *self._send_rows(sendable, call))
            except RejectedError as rejection:
                problems = _problems(rejection, sendable)
                if not problems:
                    raise _with_reason(rejection) from rejection
                if not call.skip_rejected:
                    raise RejectedRowError(*problems[0]) from rejection
                for number, reason in problems:
                    rows[number - rows[0].number].problem = reason
        return _align(rows, [], {"predictions": []}, 0)

    def _send_rows(self, rows: list[EncodedRow], call: _Call) -> tuple[dict[str, Any], int]:
        """Return the content of the response and the number of unknown values. Raises ClientError, RejectedError."""
        body = b'{"inputs": [' + b", ".join(row.text for row in rows) + b"]" + call.compared + b"}"
        self._connection.renew()
        response = self._connection.request("POST", f"/prediction{call.query}", body)
        content = json_content(response)
        predictions = content.get("predictions") if isinstance(content, dict) else None
        if not isinstance(predictions, list) or len(predictions) != len(rows):
            raise ClientError(STRANGER)
        expected, now = call.expected_version, response.headers.get("X-Model-Version")
        if expected and now != expected:
            raise ClientError(f"the server has model {now} now, not {expected}: the next run starts from the first row")
        unknown = response.headers.get("X-Unknown-Values", "0")
        return content, int(unknown) if unknown.isdecimal() else 0


def _align(rows: list[EncodedRow], sent: list[EncodedRow], content: dict[str, Any], unknown: int) -> PredictionBatch:
    """Return predictions for all rows of a batch. `content` is the response to the rows that were sent."""
    indexes = {row.number: index for index, row in enumerate(sent)}
    predictions, probabilities, reasons = content["predictions"], content.get("probabilities"), content.get("reasons")
    return PredictionBatch(
        [predictions[indexes[row.number]] if row.number in indexes else None for row in rows],
        probabilities and [probabilities[indexes[row.number]] if row.number in indexes else [] for row in rows],
        {row.number: row.problem for row in rows if row.problem},
        unknown,
        [{**warning, "row": sent[warning["row"]].number} for warning in content.get("warnings", [])],
        reasons and [reasons[indexes[row.number]] if row.number in indexes else [] for row in rows],
    )


def _encoded(reference: Any) -> bytes:
    try:
        return json_rows.text_of(reference).encode()
    except json_rows.RowError as error:
        raise ClientError(f"the reference: {error}") from error


def _classes(schema: dict[str, Any]) -> list[str] | None:
    if outputs := schema.get("outputs"):
        return [f"{number} {name}" for number, classes in enumerate(outputs) for name in classes]
    classes = schema["classes"]
    return None if classes is None else [str(name) for name in classes]


def _problems(rejection: RejectedError, rows: list[EncodedRow]) -> list[tuple[int, str]]:
    """Return the index (among all rows) and the reason of each row that the server rejected."""
    if rejection.status == TOO_LARGE and len(rows) == 1:
        limits = "max_body_bytes in config.yaml, or a proxy's limit"
        return [(rows[0].number, f"{rejection}: the row has {len(rows[0].text)} bytes, more than {limits}")]
    reasons: dict[int, list[str]] = {}
    for detail in rejection.details:
        row = detail.get("row")
        if isinstance(row, int) and 0 <= row < len(rows):
            reasons.setdefault(rows[row].number, []).append(_reason(detail))
    return [(number, "; ".join(texts[:MAX_REASONS])) for number, texts in reasons.items()]


def _with_reason(rejection: RejectedError) -> RejectedError:
    """Return the rejection with the first detail in its message: the reason why the server rejects a reference."""
    reasons = [f": {_reason(detail)}" for detail in rejection.details[:1]]
    return RejectedError(f"{rejection}{''.join(reasons)}", rejection.status, rejection.details)


def _reason(detail: dict[str, Any]) -> str:
    column = f"column {detail['column']}: " if "column" in detail else ""
    got = f", got {json.dumps(detail['got'], ensure_ascii=False)}" if "got" in detail else ""
    return f"{column}expected {detail.get('expected')}{got}"
