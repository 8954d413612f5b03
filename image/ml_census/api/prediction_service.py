"""Validation and prediction of the rows of a request, shared by the views of all protocols."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from ml_census.artifacts.bundle import Artifacts
from ml_census.engine.reasons import reasons_of
from ml_census.models.model import ServedModel
from ml_census.observability.metrics import Metrics, StageTimer
from ml_census.schema import MAX_DETAILS, Rows

MAX_REASONS_ROWS = 1000
"""Maximum number of rows in a request for reasons (1,000). For the random forest of the
article, 1,000 rows of the test data take 0.4 s. The slowest pair of rows that a search
found takes 4 ms."""


class NoProbabilitiesError(Exception):
    """Report a request for class probabilities to a model that has none."""


class TooManyRowsError(Exception):
    """Report a request with more rows than max_rows of config.yaml, or than MAX_REASONS_ROWS with reasons."""


@dataclass(frozen=True)
class ReasonsOption:
    """Option of a request for the reasons of predictions."""

    count: int
    """Maximum number of reasons for each row."""
    reference: Any = None
    """The row to compare with, as the client sent it; None for the typical row of the
    model."""


@dataclass(frozen=True)
class PredictionResult:
    """The predictions for the rows of a request, and facts for the response."""

    predictions: list[Any]
    """One per row: a class or its text from prediction_decoding, a number, or a list
    for several outputs."""
    probabilities: list[list[float]] | None = None
    """One list of class probabilities per row, or None if the client does not request
    probabilities."""
    reasons: list[list[dict[str, Any]]] | None = None
    """One list of reasons per row, each a dict with the keys column, value, reference
    and effect. None if the client does not request reasons."""
    unknown: list[dict[str, Any]] = field(default_factory=list)
    """Categories that did not occur in training, each with the keys row, column, got
    and expected."""
    version: str = ""
    """Version of the model: the first 12 hex digits of the model file's SHA-256."""
    ignored: int = 0
    """Number of columns in the request that the model does not have."""

    def extras(self, flags: Collection[str]) -> dict[str, Any]:
        """Return the optional members of the response's JSON object.

        The flag "proba" adds "probabilities". The flag "warnings" adds "warnings": at
        most MAX_DETAILS of `unknown`. Requested reasons are always a member.
        """
        extras: dict[str, Any] = {"probabilities": self.probabilities} if "proba" in flags else {}
        extras |= {} if self.reasons is None else {"reasons": self.reasons}
        return extras | ({"warnings": self.unknown[:MAX_DETAILS]} if "warnings" in flags else {})

    @property
    def headers(self) -> dict[str, str]:
        """The headers X-Model-Version and, if not 0, X-Unknown-Values and X-Ignored-Columns, for every protocol."""
        unknown = {"X-Unknown-Values": str(len(self.unknown))} if self.unknown else {}
        ignored = {"X-Ignored-Columns": str(self.ignored)} if self.ignored else {}
        return {"X-Model-Version": self.version} | unknown | ignored


class PredictionService:
    """Service that validates rows, predicts and records metrics.

    `max_rows` is the maximum number of rows in a request. With `reject_extra`, a row
    with a column that the model does not have is invalid.
    """

    def __init__(self, max_rows: int, metrics: Metrics, reject_extra: bool = False) -> None:
        self._max_rows = max_rows
        self._reject_extra = reject_extra
        self._metrics = metrics

    def stage_timer(self) -> StageTimer:
        """Return a timer for the stages of one request: parse, validate, predict and format."""
        return self._metrics.stage_timer()

    def predict(
        self,
        artifacts: Artifacts,
        inputs: Any,
        timer: StageTimer,
        with_probabilities: bool = False,
        reasons: ReasonsOption | None = None,
    ) -> PredictionResult:
        """Return the predictions for the rows of a request.

        `inputs` has the rows from the request body, not yet validated. `timer` records
        the time of each stage. Raises TooManyRowsError above max_rows, or with `reasons`
        above MAX_REASONS_ROWS. Raises NoProbabilitiesError or NoReasonsError if the
        model does not have what the client requests. Raises InvalidRowsError if
        `inputs` is not a list of rows that match the schema. Raises PredictionError if
        the model rejects a row that matches the schema.
        """
        timer.lap("parse")
        if isinstance(inputs, list):
            self.check_row_count(len(inputs), with_reasons=reasons is not None)
        predictor = artifacts.predictor
        if with_probabilities and not predictor.has_probabilities:
            raise NoProbabilitiesError("this model has no probabilities")
        rows = predictor.schema.validate_rows(inputs, self._reject_extra)
        timer.lap("validate")
        result = _predict_rows(artifacts.model, rows, with_probabilities, reasons)
        timer.lap("predict")
        self._metrics.record_prediction(artifacts.model.drift, rows.columns, rows.unknown)
        return result

    def check_row_count(self, count: int, with_reasons: bool = False) -> None:
        """Raise TooManyRowsError if a request may not have `count` rows."""
        if count > self._max_rows:
            raise TooManyRowsError(f"{count} rows exceed max_rows ({self._max_rows}): split the request")
        if with_reasons and count > MAX_REASONS_ROWS:
            raise TooManyRowsError(f"{count} rows with reasons exceed {MAX_REASONS_ROWS}: split the request")


def _predict_rows(
    model: ServedModel, rows: Rows, with_probabilities: bool, reasons: ReasonsOption | None
) -> PredictionResult:
    """Return the predictions for valid rows. Raises PredictionError and NoReasonsError."""
    predictor, columns = model.predictor, rows.columns
    predictions = model.decode(predictor.predict(columns))
    probabilities = predictor.probabilities(columns) if with_probabilities else None
    explained = reasons_of(predictor, columns, reasons.count, reasons.reference) if reasons else None
    return PredictionResult(predictions, probabilities, explained, rows.unknown, model.version, rows.ignored)
