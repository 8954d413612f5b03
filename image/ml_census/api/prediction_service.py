"""Validation and prediction of the rows of a request, shared by the views of all protocols."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from ml_census.artifacts.bundle import Artifacts
from ml_census.observability.metrics import Metrics, StageTimer
from ml_census.schema import MAX_DETAILS


class NoProbabilitiesError(Exception):
    """Report a request for class probabilities to a model that has none."""


class TooManyRowsError(Exception):
    """Report a request with more rows than max_rows of config.yaml."""


@dataclass(frozen=True)
class PredictionResult:
    """The predictions for the rows of a request, and facts for the response."""

    predictions: list[Any]
    """One per row: a class or its text from prediction_decoding, a number, or a list
    for several outputs."""
    probabilities: list[list[float]] | None = None
    """One list of class probabilities per row, or None if the client does not request
    probabilities."""
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
        most MAX_DETAILS of `unknown`.
        """
        extras: dict[str, Any] = {"probabilities": self.probabilities} if "proba" in flags else {}
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
        self, artifacts: Artifacts, inputs: Any, timer: StageTimer, with_probabilities: bool = False
    ) -> PredictionResult:
        """Return the predictions for the rows of a request.

        `inputs` has the rows from the request body, not yet validated. `timer` records
        the time of each stage. Raises TooManyRowsError above max_rows, and
        NoProbabilitiesError if the model has no probabilities. Raises InvalidRowsError
        if `inputs` is not a list of rows that match the schema. Raises PredictionError
        if the model rejects a row that matches the schema.
        """
        timer.lap("parse")
        if isinstance(inputs, list) and len(inputs) > self._max_rows:
            raise TooManyRowsError(f"{len(inputs)} rows exceed max_rows ({self._max_rows}): split the request")
        predictor = artifacts.predictor
        if with_probabilities and not predictor.has_probabilities:
            raise NoProbabilitiesError("this model has no probabilities")
        rows = predictor.schema.validate_rows(inputs, self._reject_extra)
        timer.lap("validate")
        predictions = artifacts.model.decode(predictor.predict(rows.columns))
        probabilities = predictor.probabilities(rows.columns) if with_probabilities else None
        timer.lap("predict")
        self._metrics.record_prediction(artifacts.model.drift, rows.columns, rows.unknown)
        return PredictionResult(predictions, probabilities, rows.unknown, artifacts.model.version, rows.ignored)
