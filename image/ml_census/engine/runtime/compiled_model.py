"""A compiled model: plain data that predicts without scikit-learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.runtime.linear_model import LinearModel
from ml_census.engine.runtime.links import LINKS, are_consistent
from ml_census.engine.runtime.tree_ensemble import TreeEnsemble
from ml_census.schema import Columns, Schema


@dataclass(frozen=True)
class CompiledPredictor:
    """A Predictor (see predictor.py) made of scores, a link function and classes.

    Raises ValueError if its parts are inconsistent.
    """

    schema: Schema
    scoring: TreeEnsemble | LinearModel
    classes: list[Any] | None
    """The values that a classifier predicts, in the order of its scores; None for a regressor."""
    link: str | None
    """A key of LINKS; None for a classifier without probabilities."""
    flat: bool = True
    """Whether a regressor predicts a number for each row. Otherwise it predicts a list of numbers for each row."""
    zero_is_second: bool = False
    """Whether a single score of exactly 0 predicts the second class."""

    def __post_init__(self) -> None:
        """Raise ValueError if the parts are inconsistent."""
        if not all(self._has_column(column, column_type) for column, column_type in self.scoring.inputs):
            raise ValueError("its columns are not those of the schema")
        if not (type(self.flat) is bool and type(self.zero_is_second) is bool):
            raise ValueError("flat and zero_is_second must be true or false")
        if not are_consistent(self.classes, self.link, self.scoring.score_count):
            raise ValueError("classes, link and scores do not match each other")

    def _has_column(self, column: int, column_type: str) -> bool:
        columns = self.schema.columns
        return type(column) is int and 0 <= column < len(columns) and columns[column].type == column_type

    @property
    def outputs(self) -> None:
        """None: a compiled classifier has one output."""
        return

    @property
    def has_probabilities(self) -> bool:
        """Whether the model is a classifier that gives probabilities."""
        return self.classes is not None and self.link is not None

    def predict(self, columns: Columns) -> list[Any]:
        """Return one prediction for each row: a class, a number, or a list of numbers if `flat` is false.

        Raises PredictionError for a number that scikit-learn rejects as too large.
        """
        scores = self.scoring.scores(columns)
        if self.classes is None:
            return self._numbers(scores)
        if scores.shape[1] > 1:
            best = scores.argmax(axis=1)
        else:
            best = (scores[:, 0] >= 0 if self.zero_is_second else scores[:, 0] > 0).astype(int)
        return [self.classes[index] for index in best.tolist()]

    def _numbers(self, scores: np.ndarray) -> list[Any]:
        numbers = LINKS[self.link or "identity"](scores)
        predictions: list[Any] = (numbers[:, 0] if self.flat else numbers).tolist()
        return predictions

    def probabilities(self, columns: Columns) -> list[list[float]]:
        """Return a list of probabilities for each row, in the order of `classes`. Raises PredictionError."""
        probabilities: list[list[float]] = LINKS[self.link or "identity"](self.scoring.scores(columns)).tolist()
        return probabilities
