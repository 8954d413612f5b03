"""The interface of every engine: rows that match the schema in, plain Python values out."""

import re
import traceback
from collections.abc import Iterable
from typing import Any, Protocol

from ml_census.schema import Columns, Schema, Value

TOLERANCE = 1e-9
"""Maximum difference, relative and absolute, of numbers that another engine or processor sums in another order."""
MAX_REASON_LENGTH = 1000
"""Maximum length of an exception's text in the log (default 1000, characters)."""


class PredictionError(Exception):
    """The model rejects rows that its schema allows. The exception's cause is the model's own exception."""

    def __init__(self, row: int, column: str | int | None = None, reason: str = "") -> None:
        """Store the position of the first rejected row, and what is known of the cause.

        `column` is the column whose value the model rejects, or None if it is not known. `reason` is for logs: the
        cause's text without any value of the row.
        """
        super().__init__("the model cannot predict these rows")
        self.row = row
        self.column = column
        self.reason = reason


class Predictor(Protocol):
    """A model, and the columns that it takes."""

    @property
    def schema(self) -> Schema:
        """The columns of a row."""

    @property
    def classes(self) -> list[Any] | None:
        """The values that the model may predict, or None if they cannot be listed (a regressor)."""

    @property
    def outputs(self) -> list[list[Any]] | None:
        """The values of each output of a model that predicts a list of classes, or None for any other model."""

    @property
    def has_probabilities(self) -> bool:
        """Whether `probabilities` can be called."""

    def predict(self, columns: Columns) -> list[Any]:
        """Return one prediction for each row: a class or a number, or a list of these for several outputs.

        Raises PredictionError.
        """

    def probabilities(self, columns: Columns) -> list[list[Any]]:
        """Return one list for each row, in the order of `classes`; with `outputs`, a list for each output.

        Raises PredictionError.
        """


def predict_example(predictor: Predictor) -> list[Any]:
    """Return the prediction for the first example row of the schema that the model accepts.

    Raises PredictionError if the model rejects all of them.
    """
    rejected: PredictionError | None = None
    for example in predictor.schema.example_rows():
        try:
            return predictor.predict(example)
        except PredictionError as error:
            rejected = error
    raise rejected or PredictionError(0)


def describe_failure(error: PredictionError) -> str:
    """Return why the model does not predict, with the step or estimator that raised the exception."""
    cause = error.__cause__
    if cause is None:
        return "cannot predict"
    owners = (frame.f_locals.get("self") for frame, _line in traceback.walk_tb(cause.__traceback__))
    steps = [type(owner).__name__ for owner in owners if hasattr(owner, "get_params")]
    where = f" (in {steps[-1]})" if steps else ""
    return f"cannot predict: {type(cause).__name__}: {cause}{where}"


def redacted_reason(error: BaseException, row: Iterable[Value]) -> str:
    """Return an exception's type and text, without quotations, numbers and the words of the row."""
    words = {word for value in row if isinstance(value, str) for word in re.findall(r"\w+", value)}

    def redact(match: re.Match[str]) -> str:
        return "…" if match[0] in words or any(map(str.isdigit, match[0])) else match[0]

    text = re.sub(r"'[^']*'|\"[^\"]*\"", "…", " ".join(str(error).split())[:MAX_REASON_LENGTH])
    return f"{type(error).__name__}: " + re.sub(r"\w+", redact, text)
