"""What every engine does: rows that fit the schema in, plain Python values out."""

import re
import traceback
from collections.abc import Iterable
from typing import Any, Protocol

from ml_census.schema.column import Value
from ml_census.schema.schema import Columns, Schema

MAX_REASON = 1000
"""Maximum number of characters of an exception's text in the log."""


class PredictionError(Exception):
    """The model refused rows that its schema allows: the first of them is `row`. The cause is the model's exception.

    `column` is the column whose value the model refuses, or None if that was not found. `reason` is for logs: the text
    of the cause without any value.
    """

    def __init__(self, row: int, column: str | int | None = None, reason: str = "") -> None:
        super().__init__("the model cannot predict these rows")
        self.row = row
        self.column = column
        self.reason = reason


class Predictor(Protocol):
    """A model with the columns that it takes."""

    @property
    def schema(self) -> Schema: ...

    @property
    def classes(self) -> list[Any] | None:
        """The values that the model may answer with, or None if these cannot be listed (a regressor)."""

    @property
    def outputs(self) -> list[list[Any]] | None:
        """The values of each output of a model that answers a list of classes, or None for any other model."""

    @property
    def has_probabilities(self) -> bool: ...

    def predict(self, columns: Columns) -> list[Any]:
        """One answer a row: a class, or a number. Raises PredictionError."""

    def probabilities(self, columns: Columns) -> list[list[Any]]:
        """One list a row, in the order of `classes`; with `outputs` a list for each output. Raises PredictionError."""


def answered_example(predictor: Predictor) -> list[Any]:
    """The answer to a single row that is made from the schema. Raises PredictionError if the model answers none."""
    refused: PredictionError | None = None
    for example in predictor.schema.examples():
        try:
            return predictor.predict(example)
        except PredictionError as error:
            refused = error
    raise refused or PredictionError(0)


def failure(error: PredictionError) -> str:
    """Return why the model does not predict, with the step or estimator that raised the exception."""
    cause = error.__cause__
    if cause is None:
        return "cannot predict"
    owners = (frame.f_locals.get("self") for frame, _line in traceback.walk_tb(cause.__traceback__))
    steps = [type(owner).__name__ for owner in owners if hasattr(owner, "get_params")]
    where = f" (in {steps[-1]})" if steps else ""
    return f"cannot predict: {type(cause).__name__}: {cause}{where}"


def reason(error: BaseException, row: Iterable[Value]) -> str:
    """The kind and the text of an exception, without quotations, numbers and the words of the row."""
    words = {word for value in row if isinstance(value, str) for word in re.findall(r"\w+", value)}
    text = re.sub(r"'[^']*'|\"[^\"]*\"", "…", " ".join(str(error).split())[:MAX_REASON])
    text = re.sub(r"\w+", lambda found: "…" if found[0] in words or any(map(str.isdigit, found[0])) else found[0], text)
    return f"{type(error).__name__}: {text}"
