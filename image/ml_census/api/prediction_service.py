"""Prediction of the rows of a request, the same for all protocols."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from ml_census.artifacts.bundle import Artifacts
from ml_census.observability.metrics import Metrics, StageTimer
from ml_census.schema import MAX_DETAILS


class NoProbabilitiesError(Exception):
    """The client requests probabilities of a model without probabilities."""


class TooManyRowsError(Exception):
    """The request has more rows than max_rows."""


@dataclass(frozen=True)
class PredictionResult:
    """The predictions of a request, one per row, decoded."""

    predictions: list[Any]
    probabilities: list[list[float]] | None = None
    """One list per row, if the client requested them."""
    unknown: list[dict[str, Any]] = field(default_factory=list)
    """Row and column of each category that did not occur in training."""
    version: str = ""
    """Version of the model."""
    ignored: int = 0
    """Number of columns that the rows have and the model does not have."""

    def extras(self, flags: Collection[str]) -> dict[str, Any]:
        """Return the further members of the response that the query parameters `proba` and `warnings` request."""
        extras: dict[str, Any] = {"probabilities": self.probabilities} if "proba" in flags else {}
        return extras | ({"warnings": self.unknown[:MAX_DETAILS]} if "warnings" in flags else {})

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the response, in every protocol."""
        unknown = {"X-Unknown-Values": str(len(self.unknown))} if self.unknown else {}
        ignored = {"X-Ignored-Columns": str(self.ignored)} if self.ignored else {}
        return {"X-Model-Version": self.version} | unknown | ignored


class PredictionService:
    """Validate rows, predict them and record metrics."""

    def __init__(self, max_rows: int, metrics: Metrics, reject_extra: bool = False) -> None:
        self._max_rows = max_rows
        self._reject_extra = reject_extra
        self._metrics = metrics

    def stage_timer(self) -> StageTimer:
        """Return a timer for the stages of one request. "parse" is the first stage, and "format" the last one."""
        return self._metrics.stage_timer()

    def predict(
        self, artifacts: Artifacts, inputs: Any, timer: StageTimer, with_probabilities: bool = False
    ) -> PredictionResult:
        """Return the predictions for the rows of a request.

        `inputs` is the list of rows as the client sent it (see Schema.validate_rows). `timer` measures the stages.
        Raises TooManyRowsError, NoProbabilitiesError, InvalidRowsError or PredictionError.
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
