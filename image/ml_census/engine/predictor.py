"""What every engine does: rows that fit the schema in, plain Python values out."""

from typing import Any, Protocol

from ml_census.schema import Columns, Schema


class PredictionError(Exception):
    """The model refused rows that its schema allows: the first of them is `row`. The cause is the model's exception."""

    def __init__(self, row: int) -> None:
        super().__init__("the model cannot predict these rows")
        self.row = row


class Predictor(Protocol):
    """A model with the columns that it takes."""

    @property
    def schema(self) -> Schema: ...

    @property
    def classes(self) -> list[Any] | None:
        """The values that the model may answer with, or None if these cannot be listed (a regressor)."""

    @property
    def has_probabilities(self) -> bool: ...

    def predict(self, columns: Columns) -> list[Any]:
        """One answer a row: a class, or a number. Raises PredictionError."""

    def probabilities(self, columns: Columns) -> list[list[float]]:
        """One list a row, in the order of `classes`. Raises PredictionError."""
