"""Results of the client: descriptions of a model, predictions for rows, and the error for a rejected row."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from ml_census.client.connection import ClientError


class RejectedRowError(ClientError):
    """Report a row that the server rejects, or that cannot be converted to JSON.

    `row` is the index of the row among all rows (from 0).
    """

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"row {row}, {reason}" if reason.startswith("column ") else f"row {row}: {reason}")
        self.row = row
        self.reason = reason


@dataclass(frozen=True)
class ModelInfo:
    """Description of the model that a server serves."""

    version: str
    """First 12 hex digits of the SHA-256 of the model file."""
    columns: list[str]
    """Column names in the order of the model."""
    required: list[str]
    """Names of the columns that the model uses. Each row must have these columns."""
    classes: list[str] | None
    """Classes in the order of the probabilities; None if the model has no probabilities.

    For a model with several outputs, each class has the index of its output (from 0) as
    prefix, such as "1 no".
    """


class ExplainedPrediction(NamedTuple):
    """Prediction for a row, with its reasons."""

    prediction: Any
    reasons: list[dict[str, Any]]
    """The columns with the largest effects, the largest first, as dicts with the keys
    column, value, reference and effect."""


@dataclass(frozen=True)
class PredictionBatch:
    """Predictions for consecutive rows."""

    predictions: list[Any]
    """One prediction for each row; None for a rejected row."""
    probabilities: list[Any] | None
    """Class probabilities of each row; an empty list for a rejected row. None if not
    requested."""
    rejected: dict[int, str]
    """Index of each rejected row among all rows -> reason."""
    unknown: int
    """Number of categories in the rows that did not occur in training."""
    examples: list[dict[str, Any]]
    """Some of the unknown categories, as dicts with the keys row (index among all
    rows), column, got and expected."""
    reasons: list[list[dict[str, Any]]] | None = None
    """Reasons of each row; an empty list for a rejected row. None if not requested."""
