"""Curves and thresholds of a model with two classes."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score, roc_curve

from ml_census.training.evaluation.probabilities import (
    GRID,
    MAX_CELLS,
    THRESHOLDS,
    BinaryProbabilities,
    count_thresholds,
    evaluate_probabilities,
)
from support.evaluations import Case


@pytest.fixture
def result(binary: Case) -> BinaryProbabilities:
    assert binary.evaluation.probabilities is not None
    return binary.evaluation.probabilities


def interpolated_roc(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the ROC curve of scikit-learn on GRID."""
    false_positives, true_positives, _ = roc_curve(truth, scores)
    return np.asarray(np.interp(GRID, false_positives, true_positives))


def test_areas_are_those_of_scikit_learn(binary: Case, result: BinaryProbabilities) -> None:
    truth, scores = binary.truth == "yes", binary.shares[:, 1]

    assert result.roc.area == pytest.approx(roc_auc_score(truth, scores))
    assert result.precision_recall.area == pytest.approx(average_precision_score(truth, scores))


def test_curve_has_its_area_and_is_within_its_band(result: BinaryProbabilities) -> None:
    for curve in (result.roc, result.precision_recall):
        assert np.trapezoid(curve.values, GRID) == pytest.approx(curve.area, abs=0.01)
        assert (curve.low <= curve.high).all()
        assert ((curve.low <= curve.values) & (curve.values <= curve.high)).mean() > 0.9
        assert 0.005 < (curve.high - curve.low).mean() < 0.2


def test_band_is_that_of_resampled_rows(binary: Case, result: BinaryProbabilities) -> None:
    truth, scores = (binary.truth == "yes").astype(int), binary.shares[:, 1]
    random = np.random.default_rng(5)
    samples = random.integers(0, len(truth), (400, len(truth)))
    curves = [interpolated_roc(truth[sample], scores[sample]) for sample in samples]

    low, high = np.quantile(curves, [0.025, 0.975], axis=0)

    assert np.abs(result.roc.low - low).mean() < 0.01
    assert np.abs(result.roc.high - high).mean() < 0.01


def test_band_of_many_scores_is_that_of_resampled_rows() -> None:
    random = np.random.default_rng(7)
    truth = random.integers(0, 2, 3 * MAX_CELLS)
    scores = 1 / (1 + np.exp(random.normal(size=len(truth)) - truth))
    samples = random.integers(0, len(truth), (200, len(truth)))
    low = np.quantile([interpolated_roc(truth[sample], scores[sample]) for sample in samples], 0.025, axis=0)

    result = evaluate_probabilities(truth, scores)

    assert np.abs(result.roc.low - low).mean() < 0.003
    assert 0.01 < (result.roc.values - low).mean() < 0.03


def test_scores_count_each_row_once(binary: Case, result: BinaryProbabilities) -> None:
    assert result.scores.sum(axis=1).tolist() == [(binary.truth == name).sum() for name in ("no", "yes")]


@pytest.mark.parametrize("index", [20, 50, 80])
def test_thresholds_have_the_precision_of_scikit_learn(binary: Case, result: BinaryProbabilities, index: int) -> None:
    truth, flagged = binary.truth == "yes", binary.shares[:, 1] >= THRESHOLDS[index]
    found, alarms = result.thresholds.true_positives[index], result.thresholds.false_positives[index]

    assert found / (found + alarms) == pytest.approx(precision_score(truth, flagged))
    assert found / result.thresholds.positives == pytest.approx(recall_score(truth, flagged))


def test_probability_at_the_threshold_is_counted() -> None:
    thresholds = count_thresholds(np.array([0, 1, 1]), np.array([0.5, 0.5, 0.2]))

    assert thresholds.true_positives[[0, 20, 21, 50, 51]].tolist() == [2, 2, 1, 1, 0]
    assert thresholds.false_positives[[0, 50, 51]].tolist() == [1, 1, 0]
