"""Link functions turn scores into probabilities, and are exact at the ends of the range."""

import numpy as np
import pytest

from ml_census.engine.runtime.links import LINKS, are_consistent


@pytest.mark.parametrize("link", ["logistic", "half_logistic"])
def test_logistic_of_extreme_scores_is_zero_or_one(link: str) -> None:
    scores = np.array([[-800.0], [0.0], [800.0]])

    assert LINKS[link](scores).tolist() == [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]


def test_softmax_of_large_scores_does_not_overflow() -> None:
    assert LINKS["softmax"](np.array([[800.0, 800.0, -800.0]])).tolist() == [[0.5, 0.5, 0.0]]


@pytest.mark.parametrize(
    ("classes", "link", "score_count", "expected"),
    [
        (None, "identity", 1, True),
        (None, "exp", 1, True),
        (None, "logistic", 1, False),
        ([0, 1], "logistic", 1, True),
        ([0, 1], "softmax", 1, False),
        ([0, 1], None, 1, True),
        ([0, 1, 2], "softmax", 3, True),
        ([0, 1, 2], "softmax", 2, False),
        ([[0], [1]], "logistic", 1, False),
    ],
)
def test_links_suit_the_number_of_classes_and_scores(
    classes: object, link: object, score_count: int, expected: bool
) -> None:
    assert are_consistent(classes, link, score_count) is expected
