"""Operations on the scores of all pairs of classes, of classifiers with one score for each pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ml_census.engine.runtime.operations.base import Operation, Shape, require, width_of


@dataclass(frozen=True)
class PairVotes(Operation):
    """The number of votes for each class: a positive score is a vote for the first class of the pair, else the second.

    The order of the pairs is that of itertools.combinations().
    """

    classes: int
    confident: bool
    """True if the sum of the scores of a class, scaled to maximum 1/3, is added to its
    votes, as by decision_function() of SVC. A score of 0 is then a vote for the first
    class."""

    def __post_init__(self) -> None:
        """Raise ValueError if a field has another type or is out of range."""
        require(type(self.classes) is int and self.classes > 2 and type(self.confident) is bool)

    def shape(self, inputs: Sequence[Shape]) -> Shape:
        """Return the shape of one column for each class."""
        (scores,) = inputs
        require(width_of(scores) == self.classes * (self.classes - 1) // 2)
        return Shape(self.classes)

    def apply(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """Return the votes: float64 (rows, classes)."""
        (scores,) = inputs
        votes, sums = np.zeros((len(scores), self.classes)), np.zeros((len(scores), self.classes))
        is_first = scores >= 0 if self.confident else scores > 0
        for pair, (first, second) in enumerate(combinations(range(self.classes), 2)):
            votes[:, first] += is_first[:, pair]
            votes[:, second] += ~is_first[:, pair]
            sums[:, first] += scores[:, pair]
            sums[:, second] -= scores[:, pair]
        return votes + sums / (3 * (np.abs(sums) + 1)) if self.confident else votes
