"""Link functions turn scores into probabilities, and are exact at the ends of the range."""

import numpy as np
import pytest
from scipy.special import expit

from ml_census.engine.runtime.links import LINKS, are_consistent


@pytest.mark.parametrize("link", ["logistic", "exact_logistic", "half_logistic"])
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
        ([0, 1], "xgboost_hinge", 1, True),
        ([0, 1, 2], "lightgbm_one_against_all", 3, True),
        ([0, 1, 2], "lightgbm_sigmoid", 3, False),
        (None, "lightgbm_sigmoid", 1, True),
        (None, "xgboost_logistic", 1, False),
    ],
)
def test_links_suit_the_number_of_classes_and_scores(
    classes: object, link: object, score_count: int, expected: bool
) -> None:
    assert are_consistent(classes, link, score_count) is expected


@pytest.mark.parametrize("link", ["lightgbm_logistic", "xgboost_logistic"])
def test_logistic_of_a_library_is_near_that_of_scikit_learn(link: str) -> None:
    scores = np.linspace(-20, 20, 101)[:, np.newaxis]

    np.testing.assert_allclose(LINKS[link](scores), LINKS["logistic"](scores), rtol=1e-5, atol=1e-7)


def test_exact_logistic_equals_the_one_of_scipy_in_all_bits() -> None:
    scores = np.random.default_rng(0).normal(size=(10_000, 1)) * 10

    assert np.array_equal(LINKS["exact_logistic"](scores)[:, 1], expit(scores[:, 0]))


@pytest.mark.parametrize("link", ["lightgbm_softmax", "xgboost_softmax"])
def test_softmax_of_a_library_is_near_that_of_scikit_learn(link: str) -> None:
    scores = np.random.default_rng(0).normal(size=(100, 5)) * 10

    np.testing.assert_allclose(LINKS[link](scores), LINKS["softmax"](scores), rtol=1e-5)


def test_logistic_of_xgboost_computes_in_float32() -> None:
    probabilities = LINKS["xgboost_logistic"](np.array([[-200.0], [0.0], [1e-9]]))

    assert probabilities.dtype == np.float32
    assert probabilities[1:].tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert probabilities[0, 1] > 0


def test_hinge_has_two_probabilities() -> None:
    assert LINKS["xgboost_hinge"](np.array([[0.0], [0.1]])).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_signed_square_keeps_the_sign() -> None:
    assert LINKS["lightgbm_signed_square"](np.array([[-2.0], [3.0]])).tolist() == [[-4.0], [9.0]]


def test_share_of_each_class_is_equal_if_all_are_zero() -> None:
    scores = np.array([[-2.0, -3.0, -4.0], [1.0, -1.0, 0.0]])

    shares = LINKS["clipped_against_rest"](scores)

    np.testing.assert_allclose(shares, [[1 / 3] * 3, [2 / 3, 0, 1 / 3]])


def test_one_against_rest_of_extreme_scores_is_a_distribution() -> None:
    shares = LINKS["one_against_rest"](np.array([[-1e9, -1e9], [1e9, -1e9], [-740.0, -740.0]]))

    assert shares.tolist() == [[0.5, 0.5], [1.0, 0.0], [0.5, 0.5]]


def test_clipped_scores_are_between_zero_and_one() -> None:
    assert LINKS["clipped"](np.array([[-9.0], [0.5], [9.0]])).tolist() == [[1.0, 0.0], [0.25, 0.75], [0.0, 1.0]]


def test_exponential_of_a_large_score_is_infinity() -> None:
    assert LINKS["exp"](np.array([[1e9]])).tolist() == [[np.inf]]


def test_log_likelihood_is_the_softmax() -> None:
    scores = np.random.default_rng(1).normal(size=(50, 4)) * 20

    np.testing.assert_allclose(LINKS["log_likelihood"](scores), LINKS["softmax"](scores), rtol=1e-12)


def test_log_likelihood_of_a_large_tie_is_that_of_scikit_learn() -> None:
    """The logarithm of 2 is lost in the rounding of the sum, so that both probabilities are 1."""
    assert LINKS["log_likelihood"](np.array([[-1e77, -1e77]])).tolist() == [[1.0, 1.0]]


def test_log_likelihood_of_impossible_rows_is_nan() -> None:
    assert np.isnan(LINKS["log_likelihood"](np.full((1, 2), -np.inf))).all()
