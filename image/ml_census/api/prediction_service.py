"""From rows to predictions, the same for all protocols."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from ml_census.artifacts.bundle import Artifacts
from ml_census.observability.metrics import Metrics, StageTimer
from ml_census.schema import MAX_DETAILS


class NoProbabilitiesError(Exception):
    """The client requests probabilities of a model that has none."""


class TooManyRowsError(Exception):
    """The request has more rows than max_rows."""


@dataclass(frozen=True)
class PredictionResult:
    """The predictions of a request, one per row, decoded."""

    predictions: list[Any]
    probabilities: list[list[float]] | None = None
    """One list per row, if the client requested them."""
    unknown: list[dict[str, Any]] = field(default_factory=list)
    """Row and column of each value that the model does not know."""
    version: str = ""
    """Version of the model."""
    ignored: int = 0
    """Number of columns that the rows have and the model has not."""

    def extras(self, flags: Collection[str]) -> dict[str, Any]:
        """Return what the query parameters request in addition to the predictions."""
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
        """Return the timer of one request: its first lap is "parse", its last "format"."""
        return self._metrics.stage_timer()

    def predict(
        self, artifacts: Artifacts, inputs: Any, timer: StageTimer, with_probabilities: bool = False
    ) -> PredictionResult:
        """Return the predictions for the rows of a request.

        Raises TooManyRowsError, NoProbabilitiesError, InvalidRowsError, PredictionError.
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
