"""Votes of pairs of classes are counted as in libsvm, and with confidences as in scikit-learn."""

from typing import Any

import numpy as np
import pytest
from sklearn.utils.multiclass import _ovr_decision_function

from ml_census.engine.runtime.operations import OPERATIONS, Shape
from ml_census.engine.runtime.operations.pairs import PairVotes

SCORES = np.array([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0], [-1.0, 3.0, 2.0]])
"""Scores of the pairs 0-1, 0-2 and 1-2."""


def test_positive_score_is_a_vote_for_the_first_class() -> None:
    assert PairVotes(3, False).apply([SCORES]).tolist() == [[1, 1, 1], [0, 1, 2], [1, 2, 0]]


def test_confidences_break_ties() -> None:
    votes = PairVotes(3, True).apply([SCORES])

    assert votes.tolist() == _ovr_decision_function(SCORES < 0, -SCORES, 3).tolist()
    assert votes[0].argmax() == 2


def test_votes_have_a_column_for_each_class() -> None:
    assert PairVotes(5, True).shape([Shape(10)]) == Shape(5)
    assert OPERATIONS["PairVotes"] is PairVotes


@pytest.mark.parametrize(
    ("classes", "confident", "inputs"),
    [
        (5, True, [Shape(9)]),
        (5, True, [Shape(10, True)]),
        (2, True, [Shape(1)]),
        (3.0, True, [Shape(3)]),
        ("3", True, [Shape(3)]),
        (3, 1, [Shape(3)]),
        (3, True, [Shape(3), Shape(3)]),
    ],
)
def test_other_fields_or_inputs_are_rejected(classes: Any, confident: Any, inputs: list[Shape]) -> None:
    with pytest.raises((ValueError, TypeError)):
        PairVotes(classes, confident).shape(inputs)
