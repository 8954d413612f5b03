"""Curves, score distributions and thresholds of a model with two classes, from the probability of the second class."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

GRID = np.linspace(0, 1, 201)
THRESHOLDS = np.arange(101) / 100
SCORE_BINS = np.linspace(0, 1, 41)
RESAMPLES = 400
CONFIDENCE = 0.95
MAX_CELLS = 2000
"""Maximum number of distinct scores that the bootstrap distinguishes (2,000), so that
its time has a limit."""


@dataclass(frozen=True)
class Curve:
    """A ROC or precision-recall curve, with the points of GRID on the x axis. Arrays are float64 (points,).

    `values` are the y values. `low` and `high` are the bounds of the 95 % confidence
    band. `area` is the ROC AUC or the average precision.
    """

    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    area: float


@dataclass(frozen=True)
class Thresholds:
    """Rows with a probability of at least each of THRESHOLDS. Arrays are int64 (thresholds,).

    `true_positives` counts rows of the second class, `false_positives` rows of the
    first class. `positives` and `negatives` are the numbers of all rows of the two
    classes.
    """

    true_positives: np.ndarray
    false_positives: np.ndarray
    positives: int
    negatives: int


@dataclass(frozen=True)
class BinaryProbabilities:
    """Evaluation of the probability of the second class.

    `scores` counts the rows of each true class in the bins with the edges SCORE_BINS:
    int64 (2, bins).
    """

    roc: Curve
    precision_recall: Curve
    scores: np.ndarray
    thresholds: Thresholds


def evaluate_probabilities(truth: np.ndarray, scores: np.ndarray) -> BinaryProbabilities:
    """Evaluate the probabilities of the second class. `truth` is int64 (rows,) and has 0 and 1."""
    resampled = _resample(truth, scores)
    return BinaryProbabilities(
        roc=Curve(_roc(truth, scores), *_band(_roc_of_counts, resampled), float(roc_auc_score(truth, scores))),
        precision_recall=Curve(
            _precision_recall(truth, scores),
            *_band(_precision_recall_of_counts, resampled),
            float(average_precision_score(truth, scores)),
        ),
        scores=np.array([np.histogram(scores[truth == code], SCORE_BINS)[0] for code in (0, 1)]),
        thresholds=count_thresholds(truth, scores),
    )


def count_thresholds(truth: np.ndarray, scores: np.ndarray) -> Thresholds:
    """Count the rows at or above each threshold."""
    positive, negative = np.sort(scores[truth == 1]), np.sort(scores[truth == 0])
    return Thresholds(
        true_positives=len(positive) - np.searchsorted(positive, THRESHOLDS, side="left"),
        false_positives=len(negative) - np.searchsorted(negative, THRESHOLDS, side="left"),
        positives=len(positive),
        negatives=len(negative),
    )


def _roc(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    false_positives, true_positives, _ = roc_curve(truth, scores)
    return np.asarray(np.interp(GRID, false_positives, true_positives))


def _precision_recall(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    precision, recall, _ = precision_recall_curve(truth, scores)
    return np.asarray(np.interp(GRID, recall[::-1], precision[::-1]))


def _resample(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return counts of resampled rows by class and score, the highest score first: int64 (RESAMPLES, 2, cells).

    Draws from the multinomial distribution of the counts, which equals the bootstrap
    over rows (Efron and Tibshirani 1993) and takes the same time for any number of
    rows.
    """
    cells = np.unique(scores)
    if len(cells) > MAX_CELLS:
        cells = np.unique(np.quantile(scores, np.linspace(0, 1, MAX_CELLS)))
    positions = len(cells) - 1 - np.searchsorted(cells, scores)
    counts = np.bincount(truth * len(cells) + positions, minlength=2 * len(cells))
    drawn = np.random.default_rng(0).multinomial(len(truth), counts / counts.sum(), RESAMPLES)
    return drawn.reshape(RESAMPLES, 2, len(cells))


def _band(
    curve: Callable[[np.ndarray, np.ndarray], np.ndarray], resampled: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper bound of the curves of resampled rows."""
    sums = resampled.cumsum(axis=2)
    curves = [curve(negatives, positives) for negatives, positives in sums]
    low, high = np.quantile(curves, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return low, high


def _roc_of_counts(negatives: np.ndarray, positives: np.ndarray) -> np.ndarray:
    across, up = (np.append(0, sums / max(1, sums[-1])) for sums in (negatives, positives))
    return np.asarray(np.interp(GRID, across, up))


def _precision_recall_of_counts(negatives: np.ndarray, positives: np.ndarray) -> np.ndarray:
    flagged = negatives + positives
    precision = np.divide(positives, flagged, out=np.ones(len(flagged)), where=flagged > 0)
    return np.asarray(np.interp(GRID, np.append(0, positives / max(1, positives[-1])), np.append(1, precision)))
