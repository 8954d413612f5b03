"""From rows to answers, for who has a token: what all protocols share."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from ml_census import auth
from ml_census.api import credentials
from ml_census.artifacts.bundle import Artifacts
from ml_census.observability.metrics import Metrics, StageTimer
from ml_census.schema.schema import MAX_DETAILS

BEARER = 'Bearer realm="ml-census"'


class AuthenticationError(Exception):
    """There is no token, or no valid one; `challenge` is the WWW-Authenticate of the answer (RFC 6750)."""

    def __init__(self, message: str, challenge: str) -> None:
        super().__init__(message)
        self.challenge = challenge


class NoProbabilitiesError(Exception):
    """The client wants probabilities of a model that has none."""


class TooManyRowsError(Exception):
    """More than max_rows."""


@dataclass(frozen=True)
class PredictionResult:
    """One prediction a row, decoded; probabilities if they were asked for; where the model did not know a value."""

    predictions: list[Any]
    probabilities: list[list[float]] | None = None
    unknown: list[dict[str, Any]] = field(default_factory=list)
    version: str = ""
    """Of the model."""
    ignored: int = 0
    """The number of columns that the rows have and the model has not."""

    def extras(self, flags: Collection[str]) -> dict[str, Any]:
        """Return what the query asks for beside the predictions."""
        found: dict[str, Any] = {"probabilities": self.probabilities} if "proba" in flags else {}
        return found | ({"warnings": self.unknown[:MAX_DETAILS]} if "warnings" in flags else {})

    @property
    def headers(self) -> dict[str, str]:
        """What every protocol's answer says beside its document."""
        unknown = {"X-Unknown-Values": str(len(self.unknown))} if self.unknown else {}
        ignored = {"X-Ignored-Columns": str(self.ignored)} if self.ignored else {}
        return {"X-Model-Version": self.version} | unknown | ignored


def require_token(artifacts: Artifacts, authorization: str) -> None:
    """Let pass who presents a user's token. Raises AuthenticationError."""
    if (token := credentials.token(authorization)) is None:
        raise AuthenticationError("Token is missing!", BEARER)
    if auth.verify_token(artifacts.keys, artifacts.users, token) is None:
        raise AuthenticationError("Token is invalid!", f'{BEARER}, error="invalid_token"')


class PredictionService:
    """Predicts at most so many rows at a time, and counts them."""

    def __init__(self, max_rows: int, metrics: Metrics, refuse_extra: bool = False) -> None:
        self._max_rows = max_rows
        self._refuse_extra = refuse_extra
        self._metrics = metrics

    def stages(self) -> StageTimer:
        """For one request: its first lap is "parse", its last "format"."""
        return self._metrics.stages()

    def answer(
        self, artifacts: Artifacts, inputs: Any, stages: StageTimer, with_probabilities: bool = False
    ) -> PredictionResult:
        """Return the predictions for the inputs.

        Raises TooManyRowsError, NoProbabilitiesError, InvalidRowsError, PredictionError.
        """
        stages.lap("parse")
        if isinstance(inputs, list) and len(inputs) > self._max_rows:
            raise TooManyRowsError(f"{len(inputs)} rows are more than max_rows ({self._max_rows}): send them in parts")
        predictor = artifacts.predictor
        if with_probabilities and not predictor.has_probabilities:
            raise NoProbabilitiesError("this model has no probabilities")
        rows = predictor.schema.clean(inputs, self._refuse_extra)
        stages.lap("validate")
        predictions = artifacts.decoded(predictor.predict(rows.columns))
        probabilities = predictor.probabilities(rows.columns) if with_probabilities else None
        stages.lap("predict")
        self._metrics.predicted(artifacts.model, rows.columns, rows.unknown)
        return PredictionResult(predictions, probabilities, rows.unknown, artifacts.model.version, rows.ignored)
