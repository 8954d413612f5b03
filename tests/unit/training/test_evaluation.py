"""Evaluation of a census model: its numbers are those of scikit-learn and of Wilson."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score

from ml_census.training.census.adult import NUMBERS
from ml_census.training.census.datasets import Dataset
from ml_census.training.evaluation import GRID, Evaluation, ToModelInput, evaluate, probabilities

pytestmark = pytest.mark.slow  # the bands and importances take over a second


def test_areas_and_matrix_are_those_of_scikit_learn(
    census: Dataset, model: LogisticRegression, to_model_input: ToModelInput, evaluation: Evaluation
) -> None:
    scores = probabilities(model, to_model_input, census.test)

    assert evaluation.roc.area == roc_auc_score(census.test_labels, scores)
    assert evaluation.precision_recall.area == average_precision_score(census.test_labels, scores)
    assert (evaluation.confusion == confusion_matrix(census.test_labels, scores > 0.5)).all()


def test_calibration_is_that_of_scikit_learn(
    census: Dataset, model: LogisticRegression, to_model_input: ToModelInput, evaluation: Evaluation
) -> None:
    scores = probabilities(model, to_model_input, census.test)
    observed, predicted = calibration_curve(census.test_labels, scores, n_bins=10, strategy="quantile")

    assert evaluation.calibration.observed.tolist() == observed.tolist()
    assert evaluation.calibration.predicted.tolist() == predicted.tolist()


def test_intervals_of_groups_are_wilson_intervals(evaluation: Evaluation) -> None:
    for group in evaluation.groups:
        n, share, z = group.rows, group.wrong / group.rows, 1.959964
        centre, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        assert (group.low, group.high) == pytest.approx(
            ((centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)), abs=1e-6
        )


def test_curve_has_its_area_and_is_within_its_band(evaluation: Evaluation) -> None:
    for curve in (evaluation.roc, evaluation.precision_recall):
        assert np.trapezoid(curve.values, GRID) == pytest.approx(curve.area, abs=0.01)
        assert (curve.low <= curve.high).all()
        assert ((curve.low <= curve.values) & (curve.values <= curve.high)).mean() > 0.9
        assert 0.005 < (curve.high - curve.low).mean() < 0.2


def test_each_row_is_in_one_group_of_each_column(census: Dataset, evaluation: Evaluation) -> None:
    wrong = evaluation.confusion[0, 1] + evaluation.confusion[1, 0]

    for column in ("sex", "race"):
        groups = [group for group in evaluation.groups if group.column == column]
        assert {group.value for group in groups} == set(census.test[column])
        assert sum(group.rows for group in groups) == len(census.test)
        assert sum(group.wrong for group in groups) == wrong
        assert all(group.low <= group.wrong / group.rows <= group.high for group in groups)


def test_columns_that_the_model_ignores_have_no_importance(evaluation: Evaluation) -> None:
    means = {importance.column: importance.mean for importance in evaluation.importances}

    assert len(means) == 14
    assert {name for name, mean in means.items() if mean != 0} <= set(NUMBERS)
    assert max(means.values()) > 0.01


def test_counts_of_probabilities_are_all_rows(census: Dataset, evaluation: Evaluation) -> None:
    assert evaluation.scores.sum(axis=1).tolist() == np.bincount(census.test_labels).tolist()


def test_evaluation_of_the_same_rows_has_the_same_bands(
    census: Dataset, model: LogisticRegression, to_model_input: ToModelInput, evaluation: Evaluation
) -> None:
    again = evaluate(model, to_model_input, census.test, census.test_labels)

    assert again.roc.low.tolist() == evaluation.roc.low.tolist()
    assert again.importances == evaluation.importances
