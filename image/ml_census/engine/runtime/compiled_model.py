"""The predictor of a compiled model, which needs no scikit-learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.predictor import NoReasonsError
from ml_census.engine.runtime.composition import PROBABILITIES, Composition, Model
from ml_census.engine.runtime.links import LIBRARY_LINKS, LINKS, are_consistent
from ml_census.engine.runtime.reasons import HasEffects
from ml_census.schema import Columns, Schema


@dataclass(frozen=True)
class CompiledPredictor:
    """Predictor that computes scores and converts them with a link function, without scikit-learn.

    A score is a result of the model before the link function. Raises ValueError if the
    fields are inconsistent.
    """

    schema: Schema
    """The input columns of the model."""
    scoring: Model | Composition
    """The part that computes the scores of rows. The scores of a Composition are already
    probabilities or numbers, so its link is "identity" or None."""
    classes: list[Any] | None
    """The classes of a classifier, in the order of its scores; None for a regressor."""
    link: str | None
    """Name of the link function, a key of LINKS in links.py; None for a classifier
    without probabilities."""
    flat: bool = True
    """True if a regressor predicts a number for each row. If false, the regressor
    predicts a list of numbers."""
    zero_is_second: bool = False
    """True if a classifier with two classes and one score predicts the second class for
    a score of exactly 0."""

    def __post_init__(self) -> None:
        """Raise ValueError if the fields are inconsistent."""
        if not all(self._has_column(column, column_type) for column, column_type in self.scoring.inputs):
            raise ValueError("its columns are not those of the schema")
        if not (type(self.flat) is bool and type(self.zero_is_second) is bool):
            raise ValueError("flat and zero_is_second must be true or false")
        if not are_consistent(self.classes, self.link, self.scoring.score_count):
            raise ValueError("classes, link and scores do not match each other")
        if isinstance(self.scoring, Composition) and not self._suits(self.scoring):
            raise ValueError("classes, link and outputs do not match each other")

    def _suits(self, composition: Composition) -> bool:
        outputs = len(self.schema.columns), self.classes is not None, self.link
        link = "identity" if self.classes is None or PROBABILITIES in composition.outputs else None
        return outputs == (composition.column_count, composition.is_classifier, link)

    def _has_column(self, column: int, column_type: str) -> bool:
        columns = self.schema.columns
        return type(column) is int and 0 <= column < len(columns) and columns[column].type == column_type

    @property
    def outputs(self) -> None:
        """None, because a compiled classifier has one output."""
        return

    @property
    def has_probabilities(self) -> bool:
        """True if the model is a classifier with probabilities."""
        return self.classes is not None and self.link is not None

    def predict(self, columns: Columns) -> list[Any]:
        """Return one prediction for each row: a class, a number, or a list of numbers if `flat` is false.

        Raises PredictionError for a number that scikit-learn rejects: after scaling, it
        exceeds the range of float32. Raises OSError if a tree model needs libkernel.so
        and the file cannot be loaded.
        """
        if self.classes is None:
            numbers: list[Any] = self._numbers(self.scoring.scores(columns)).tolist()
            return numbers
        if isinstance(self.scoring, Composition):
            positions = self.scoring.positions(columns)
        else:
            positions = self._positions(self.scoring.scores(columns))
        return [self.classes[index] for index in positions.tolist()]

    def predict_arrays(self, columns: Columns) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the predictions and the probabilities of rows as arrays, from one computation of the scores.

        The predictions are positions in `classes`, int64 (rows,), or numbers, float64
        (rows,) or (rows, outputs). The probabilities are (rows, classes), or None
        without `has_probabilities`. Raises PredictionError and OSError as predict()
        does.
        """
        if isinstance(self.scoring, Composition) and self.classes is not None:
            return self.scoring.positions_and_probabilities(columns)
        scores = self.scoring.scores(columns)
        if self.classes is None:
            return self._numbers(scores), None
        probabilities = LINKS[self.link](scores) if self.link else None
        return self._positions(scores, probabilities), probabilities

    def _positions(self, scores: np.ndarray, probabilities: np.ndarray | None = None) -> np.ndarray:
        """Return the position in `classes` of the predicted class of each row.

        `probabilities` are those of the scores, or None if they are not computed yet.
        """
        if self.link in LIBRARY_LINKS:
            scores = LINKS[self.link](scores) if probabilities is None else probabilities
        return scores.argmax(axis=1) if scores.shape[1] > 1 else self._is_second(scores[:, 0]).astype(int)

    def _is_second(self, scores: np.ndarray) -> np.ndarray:
        return scores >= 0 if self.zero_is_second else scores > 0

    def _numbers(self, scores: np.ndarray) -> np.ndarray:
        numbers = LINKS[self.link or "identity"](scores)
        return numbers[:, 0] if self.flat else numbers

    def probabilities(self, columns: Columns) -> list[list[float]]:
        """Return a list of probabilities for each row, in the order of `classes`.

        Call this method only if `has_probabilities` is true. Raises PredictionError and
        OSError as predict() does.
        """
        probabilities: list[list[float]] = LINKS[self.link or "identity"](self.scoring.scores(columns)).tolist()
        return probabilities

    def effects(self, columns: Columns, reference: Columns) -> np.ndarray:
        """Return the effect of each column on the score of each row: float64 (rows, columns of the schema).

        `reference` has one row. The effects of a row add up to its score minus that of
        the reference. The score is that of the predicted class. For two classes, the
        score is that of the second class. Raises NoReasonsError if the model has no
        such score. Raises PredictionError and OSError as predict() does.
        """
        if not isinstance(self.scoring, HasEffects):
            raise NoReasonsError("this model has no reasons: only trees and linear models have reasons")
        if self.classes is None and self.scoring.score_count > 1:
            raise NoReasonsError("this model has no reasons: it predicts several numbers")
        return self.scoring.effects(columns, reference, self._explained_scores(columns))

    def _explained_scores(self, columns: Columns) -> np.ndarray:
        """Return the position of one score for each row: uint32 (rows,)."""
        if self.classes is None or len(self.classes) == 2:
            return np.full(len(columns[0]), self.scoring.score_count - 1, dtype=np.uint32)
        return np.array([self.classes.index(predicted) for predicted in self.predict(columns)], dtype=np.uint32)
