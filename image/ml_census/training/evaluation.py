"""Evaluate a census model on test rows: curves, calibration, feature importance, and errors by sex and race."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.inspection import permutation_importance
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

THRESHOLD = 0.5
GRID = np.linspace(0, 1, 201)
RESAMPLES = 400
CONFIDENCE = 0.95
IMPORTANCE_ROWS, IMPORTANCE_REPEATS = 1000, 3
"""Number of sampled rows, and number of shuffles of each column, for the permutation importance.

With these numbers, the computation for a random forest takes seconds.
"""
SCORE_BINS = np.linspace(0, 1, 41)
GROUPS = ("sex", "race")

ToModelInput = Callable[[pd.DataFrame], Any]
"""A function that converts a DataFrame of test rows to the input of a model."""


@dataclass(frozen=True)
class Curve:
    """A ROC or precision-recall curve, with the points of GRID on the x axis. Arrays are float64 (points,).

    `values` are the y values. `low` and `high` are the bounds of the 95 % confidence band. `area` is the ROC AUC or the
    average precision.
    """

    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    area: float


@dataclass(frozen=True)
class Calibration:
    """A calibration curve with at most ten bins of equal numbers of rows. Arrays are float64 (bins,).

    For each bin, `predicted` is the mean predicted probability of class 1. `observed` is the true share of class 1.
    """

    predicted: np.ndarray
    observed: np.ndarray


@dataclass(frozen=True)
class Importance:
    """Permutation importance of one column: the decrease of the ROC AUC when the values of the column are shuffled.

    `mean` and `deviation` are the mean and the standard deviation over IMPORTANCE_REPEATS shuffles.
    """

    column: str
    mean: float
    deviation: float


@dataclass(frozen=True)
class SubgroupError:
    """Wrong predictions for the test rows that have `value` in `column`.

    The model predicts the wrong class for `wrong` of `rows` rows. `low` and `high` are the bounds of the 95 % Wilson
    score interval for the share of wrong predictions, from 0 to 1.
    """

    column: str
    value: str
    rows: int
    wrong: int
    low: float
    high: float


@dataclass(frozen=True)
class Evaluation:
    """Results of the evaluation of a model on test rows.

    `confusion` has a row for each true class and a column for each predicted class: int64 (2, 2). `scores` counts the
    test rows of each true class in 40 bins of the predicted probability of class 1, with the edges SCORE_BINS: int64
    (2, 40). `importances` has an item for each column, the largest first. `groups` has an item for each value of the
    columns sex and race.
    """

    roc: Curve
    precision_recall: Curve
    calibration: Calibration
    confusion: np.ndarray
    importances: list[Importance]
    scores: np.ndarray
    groups: list[SubgroupError]


def probabilities(model: Any, to_model_input: ToModelInput, rows: pd.DataFrame) -> np.ndarray:
    """Return the predicted probability of class 1 for each row: float64 (rows,)."""
    return np.asarray(model.predict_proba(to_model_input(rows))[:, 1])


def evaluate(model: Any, to_model_input: ToModelInput, rows: pd.DataFrame, labels: np.ndarray) -> Evaluation:
    """Evaluate a fitted model on test rows. The same model, rows and labels always give the same numbers.

    `rows` has the columns of UCI Adult. `labels` has the true class of each row, 0 or 1: int64 (rows,).
    """
    scores = probabilities(model, to_model_input, rows)
    observed, predicted = calibration_curve(labels, scores, n_bins=10, strategy="quantile")
    return Evaluation(
        roc=_with_confidence_band(_roc, labels, scores, roc_auc_score(labels, scores)),
        precision_recall=_with_confidence_band(
            _precision_recall, labels, scores, average_precision_score(labels, scores)
        ),
        calibration=Calibration(predicted, observed),
        confusion=confusion_matrix(labels, scores > THRESHOLD),
        importances=_importances(model, to_model_input, rows, labels),
        scores=np.array([np.histogram(scores[labels == label], SCORE_BINS)[0] for label in (0, 1)]),
        groups=[group for column in GROUPS for group in _groups(rows[column], (scores > THRESHOLD) != labels)],
    )


def _roc(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    false_positives, true_positives, _ = roc_curve(labels, scores)
    return np.asarray(np.interp(GRID, false_positives, true_positives))


def _precision_recall(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    precision, recall, _ = precision_recall_curve(labels, scores)
    return np.asarray(np.interp(GRID, recall[::-1], precision[::-1]))


def _with_confidence_band(
    curve: Callable[[np.ndarray, np.ndarray], np.ndarray], labels: np.ndarray, scores: np.ndarray, area: float
) -> Curve:
    """Return a curve with a confidence band by the percentile bootstrap over rows (Efron and Tibshirani 1993)."""
    random = np.random.default_rng(0)
    samples = random.integers(0, len(labels), (RESAMPLES, len(labels)))
    curves = [curve(labels[sample], scores[sample]) for sample in samples]
    low, high = np.quantile(curves, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return Curve(curve(labels, scores), low, high, float(area))


def _importances(model: Any, to_model_input: ToModelInput, rows: pd.DataFrame, labels: np.ndarray) -> list[Importance]:
    """Return the permutation importances (Breiman 2001), the largest first."""
    sample = np.random.default_rng(0).permutation(len(rows))[:IMPORTANCE_ROWS]

    def score(fitted: Any, shuffled: pd.DataFrame, truth: np.ndarray) -> float:
        return float(roc_auc_score(truth, probabilities(fitted, to_model_input, shuffled)))

    result = permutation_importance(
        model, rows.iloc[sample], labels[sample], scoring=score, n_repeats=IMPORTANCE_REPEATS, random_state=0
    )
    importances = zip(rows.columns, result.importances_mean, result.importances_std, strict=True)
    return sorted(
        (Importance(str(name), float(mean), float(deviation)) for name, mean, deviation in importances),
        key=lambda importance: -importance.mean,
    )


def _groups(values: pd.Series, wrong: np.ndarray) -> list[SubgroupError]:
    groups = []
    for value in sorted(values.unique()):
        here = wrong[(values == value).to_numpy()]
        interval = binomtest(int(here.sum()), len(here)).proportion_ci(CONFIDENCE, method="wilson")
        groups.append(
            SubgroupError(str(values.name), str(value), len(here), int(here.sum()), interval.low, interval.high)
        )
    return groups
