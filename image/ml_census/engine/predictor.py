"""The interfaces of engines, Predictor and Explainer, and the error of engines, PredictionError."""

import re
import traceback
from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ml_census.schema import Columns, Schema, Value

TOLERANCE = 1e-9
"""Maximum difference between floats that count as equal, as a relative and as an absolute difference (default 1e-9).

Another engine or another processor adds the same numbers in another order, so the last
bits of the sums differ.
"""
MAX_REASON_LENGTH = 1000
"""Maximum length of an exception's text in the log, in characters (default 1000)."""


class PredictionError(Exception):
    """Report rows that are valid by the schema and that the model rejects.

    `__cause__` is the exception of the model.
    """

    def __init__(self, row: int, column: str | int | None = None, reason: str = "") -> None:
        """Initialize with the position of the first rejected row, counted from 0.

        `column` is the name of the column whose value the model rejects, or None if
        this column is unknown. `reason` is the text of the cause for logs, without
        values of the row; empty if the engine gives no text.
        """
        super().__init__("the model cannot predict these rows")
        self.row = row
        self.column = column
        self.reason = reason

    @property
    def location(self) -> dict[str, Any]:
        """The row, and the column if it is known, with the keys of a detail of an error response."""
        return {"row": self.row} | ({} if self.column is None else {"column": self.column})


class NoReasonsError(Exception):
    """Report a request for reasons that cannot be answered. The message has the cause."""


class Predictor(Protocol):
    """A model that predicts rows: SklearnPredictor or CompiledPredictor."""

    @property
    def schema(self) -> Schema:
        """The input columns of the model, and their types."""

    @property
    def classes(self) -> list[Any] | None:
        """The classes of a model with one output, in the order of the probabilities; None for any other model."""

    @property
    def outputs(self) -> list[list[Any]] | None:
        """A list of classes for each output of a classifier with several outputs; None for any other model."""

    @property
    def has_probabilities(self) -> bool:
        """True if the model has probabilities, so that callers can call `probabilities`."""

    def predict(self, columns: Columns) -> list[Any]:
        """Return one prediction for each row: a class or a number, or for several outputs a list of classes or numbers.

        Raises PredictionError if the model rejects a row. Raises OSError if a compiled
        model cannot load libkernel.so.
        """

    def probabilities(self, columns: Columns) -> list[list[Any]]:
        """Return for each row a list of probabilities in the order of `classes`.

        If `outputs` is not None, return for each row one list of probabilities for each
        output, in the order of `outputs`. Call this method only if `has_probabilities`
        is true. Raises PredictionError and OSError as predict() does.
        """


@runtime_checkable
class Explainer(Protocol):
    """Optional capability of a Predictor: the effects of the columns of a row on its score."""

    def effects(self, columns: Columns, reference: Columns) -> np.ndarray:
        """Return the effect of each column on the score of each row: float64 (rows, columns of the schema).

        `reference` has one row. The effects of a row add up to its score minus that of
        the reference. Raises NoReasonsError if the model has no such effects. Raises
        PredictionError and OSError as Predictor.predict().
        """


def effects_of(predictor: Predictor, columns: Columns, reference: Columns) -> np.ndarray:
    """Return the effects as Explainer.effects(). Raises NoReasonsError also for a predictor that is no Explainer."""
    if not isinstance(predictor, Explainer):
        raise NoReasonsError("this model has no reasons: it is not compiled")
    return predictor.effects(columns, reference)


def predict_example(predictor: Predictor) -> list[Any]:
    """Return a list of one prediction: for the first example row of the schema that the model accepts.

    Raises PredictionError if the model rejects all example rows.
    """
    rejected: PredictionError | None = None
    for example in predictor.schema.example_rows():
        try:
            return predictor.predict(example)
        except PredictionError as error:
            rejected = error
    raise rejected or PredictionError(0)


def describe_failure(error: PredictionError) -> str:
    """Return a text with the exception that the model raised, and with the estimator that raised the exception.

    Example: `cannot predict: ValueError: Found unknown categories (in OneHotEncoder)`.
    """
    cause = error.__cause__
    if cause is None:
        return "cannot predict"
    owners = (frame.f_locals.get("self") for frame, _line in traceback.walk_tb(cause.__traceback__))
    steps = [type(owner).__name__ for owner in owners if hasattr(owner, "get_params")]
    where = f" (in {steps[-1]})" if steps else ""
    return f"cannot predict: {type(cause).__name__}: {cause}{where}"


def redacted_reason(error: BaseException, row: Iterable[Value]) -> str:
    """Return the type and the text of an exception for the log, without the values of the row.

    "…" replaces each quoted text, each word that has a digit, and each word of a text
    value of the row. The text of the exception is cut after MAX_REASON_LENGTH
    characters.
    """
    words = {word for value in row if isinstance(value, str) for word in re.findall(r"\w+", value)}

    def redact(match: re.Match[str]) -> str:
        return "…" if match[0] in words or any(map(str.isdigit, match[0])) else match[0]

    text = re.sub(r"'[^']*'|\"[^\"]*\"", "…", " ".join(str(error).split())[:MAX_REASON_LENGTH])
    return f"{type(error).__name__}: " + re.sub(r"\w+", redact, text)
