"""Confusion matrix, precision, recall and calibration."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from ml_census.training.evaluation.classification import (
    Classes,
    brier_score,
    calibration_bins,
    class_prior,
    constant_predictions,
    count_confusion,
    measure_classes,
)
from ml_census.training.evaluation.predictions import ClassPredictions
from support.evaluations import Case

GRADES = ["high", "low", "middle"]


def classes_of(case: Case) -> Classes:
    assert case.evaluation.classes is not None
    return case.evaluation.classes


def test_confusion_matrix_is_that_of_scikit_learn(multiclass: Case) -> None:
    classes = classes_of(multiclass)

    assert classes.labels == GRADES
    assert (classes.confusion == confusion_matrix(multiclass.truth, multiclass.predicted, labels=GRADES)).all()


def test_precision_and_recall_are_those_of_scikit_learn(multiclass: Case) -> None:
    truth, predicted, classes = multiclass.truth, multiclass.predicted, classes_of(multiclass)

    assert classes.precision == pytest.approx(precision_score(truth, predicted, labels=GRADES, average=None))
    assert classes.recall == pytest.approx(recall_score(truth, predicted, labels=GRADES, average=None))


def test_class_without_rows_has_no_recall() -> None:
    classes = Classes(["a", "b"], np.array([[3, 0], [0, 0]]), 0, [])

    assert np.isnan(classes.recall).tolist() == np.isnan(classes.precision).tolist() == [False, True]


def test_calibration_is_that_of_scikit_learn(binary: Case) -> None:
    expected = calibration_curve(binary.truth == "yes", binary.shares[:, 1], n_bins=10, strategy="quantile")

    bins = classes_of(binary).calibration

    assert [part.observed.value for part in bins] == pytest.approx(expected[0].tolist())
    assert [part.predicted for part in bins] == pytest.approx(expected[1].tolist())
    assert sum(part.observed.of for part in bins) == len(binary.truth)


def test_calibration_of_three_classes_is_of_the_predicted_one(multiclass: Case) -> None:
    right = multiclass.predicted == multiclass.truth
    expected = calibration_curve(right, multiclass.shares.max(axis=1), n_bins=10, strategy="quantile")

    assert [part.observed.value for part in classes_of(multiclass).calibration] == pytest.approx(expected[0].tolist())


def test_equal_probabilities_are_one_calibration_bin() -> None:
    (only,) = calibration_bins(np.array([True, False, True, True]), np.full(4, 0.7))

    assert only.predicted == pytest.approx(0.7)
    assert (only.observed.count, only.observed.of) == (3, 4)


def test_mostly_equal_probabilities_have_bins_of_equal_width() -> None:
    shares = np.array([0.05, 0.55, 0.58, *[1.0] * 97])
    outcome = shares > 0.57

    bins = calibration_bins(outcome, shares)

    assert [(part.observed.count, part.observed.of) for part in bins] == [(0, 1), (1, 2), (97, 97)]


def test_prediction_of_an_unknown_class_is_wrong() -> None:
    predictions = ClassPredictions(["a", "b"], np.array([0, 1, 1]), np.array([0, 1, -1]), None)

    assert measure_classes(predictions) == {"accuracy": pytest.approx(2 / 3)}
    assert count_confusion(predictions).tolist() == [[1, 0], [0, 1]]


def test_brier_score_of_three_classes_adds_their_errors() -> None:
    shares = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])

    assert brier_score(np.array([0, 1]), shares) == pytest.approx((0.25 + 0.0625 + 0.0625) / 2)


def test_prior_leaves_unknown_classes_out() -> None:
    assert class_prior([0, 0, 1, -1, 0], 3).tolist() == [0.75, 0.25, 0]


def test_constant_predictions_are_the_most_frequent_class() -> None:
    predictions = ClassPredictions(["a", "b"], np.array([0, 1]), np.array([0, 1]), np.eye(2))

    constant = constant_predictions(predictions, np.array([0.25, 0.75]))

    assert constant.predicted.tolist() == [1, 1]
    assert constant.probabilities is not None and constant.probabilities.tolist() == [[0.25, 0.75]] * 2
