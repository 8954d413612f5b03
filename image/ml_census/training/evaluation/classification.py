"""Confusion matrix, precision and recall by class, and calibration of a classifier."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import f1_score, log_loss, roc_auc_score

from ml_census.training.evaluation.intervals import Estimate, share
from ml_census.training.evaluation.predictions import UNKNOWN, ClassPredictions

MAX_CALIBRATION_BINS = 10
"""Maximum number of bins of a calibration curve (10). The bins have about equal numbers
of rows."""


MIN_CALIBRATION_BINS = 3
"""Minimum number of bins with about equal numbers of rows (3). With fewer bins, the
bins have equal width."""


@dataclass(frozen=True)
class CalibrationBin:
    """Test rows with similar probabilities: the mean probability and the share of rows for which it came true."""

    predicted: float
    observed: Estimate


@dataclass(frozen=True)
class Classes:
    """Right and wrong predictions of a classifier.

    `confusion` has a row for each true class and a column for each predicted class:
    int64 (classes, classes). `most_frequent` is the code of the most frequent class in
    training. `calibration` is empty without probabilities. With two classes, it
    describes the probability of the second class, otherwise the probability of the
    predicted class.
    """

    labels: list[str]
    confusion: np.ndarray
    most_frequent: int
    calibration: list[CalibrationBin]

    @property
    def support(self) -> np.ndarray:
        """Number of test rows of each true class: int64 (classes,)."""
        return np.asarray(self.confusion.sum(axis=1))

    @property
    def recall(self) -> np.ndarray:
        """Share of the rows of each true class that have the right prediction; NaN without rows."""
        return _ratio(self.confusion.diagonal(), self.support)

    @property
    def precision(self) -> np.ndarray:
        """Share of the predictions of each class that are right; NaN without predictions."""
        return _ratio(self.confusion.diagonal(), self.confusion.sum(axis=0))


def evaluate_classes(predictions: ClassPredictions, prior: np.ndarray) -> Classes:
    """Return the right and wrong predictions. `prior` is the share of each class in training: float64 (classes,)."""
    return Classes(
        labels=predictions.labels,
        confusion=count_confusion(predictions),
        most_frequent=int(prior.argmax()),
        calibration=_calibration(predictions),
    )


def count_confusion(predictions: ClassPredictions) -> np.ndarray:
    """Return the number of rows for each true and predicted class, without predictions that are no known class."""
    classes = len(predictions.labels)
    known = predictions.predicted != UNKNOWN
    cells = predictions.truth[known] * classes + predictions.predicted[known]
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def measure_classes(predictions: ClassPredictions) -> dict[str, float]:
    """Return the metrics of the predictions by name, without the metrics that the test rows leave undefined."""
    truth, shares = predictions.truth, predictions.probabilities
    classes = range(len(predictions.labels))
    metrics = {"accuracy": 1 - predictions.wrong.mean()}
    if len(classes) > 2:
        present = np.unique(truth)
        metrics["macro_f1"] = f1_score(truth, predictions.predicted, labels=present, average="macro", zero_division=0)
    elif shares is not None and len(np.unique(truth)) > 1:
        metrics["roc_auc"] = roc_auc_score(truth, shares[:, 1])
    if shares is not None:
        metrics["log_loss"] = log_loss(truth, shares, labels=classes)
        metrics["brier"] = brier_score(truth, shares)
    return {name: float(value) for name, value in metrics.items()}


def brier_score(truth: np.ndarray, shares: np.ndarray) -> float:
    """Return the mean squared error of the probabilities (Brier 1950), with two classes that of the second class."""
    squares = (shares - np.eye(shares.shape[1])[truth]) ** 2
    return float(squares[:, 1].mean() if shares.shape[1] == 2 else squares.sum(axis=1).mean())


def constant_predictions(predictions: ClassPredictions, prior: np.ndarray) -> ClassPredictions:
    """Return the predictions of a model that ignores the row: the most frequent class and the prior of training."""
    rows = len(predictions.truth)
    shares = None if predictions.probabilities is None else np.tile(prior, (rows, 1))
    return ClassPredictions(predictions.labels, predictions.truth, np.full(rows, prior.argmax()), shares)


def _calibration(predictions: ClassPredictions) -> list[CalibrationBin]:
    shares = predictions.probabilities
    if shares is None:
        return []
    if shares.shape[1] == 2:
        return calibration_bins(predictions.truth == 1, shares[:, 1])
    return calibration_bins(shares.argmax(axis=1) == predictions.truth, shares.max(axis=1))


def calibration_bins(outcome: np.ndarray, shares: np.ndarray) -> list[CalibrationBin]:
    """Return bins with about equal numbers of rows, or of equal width if most probabilities are equal.

    `outcome` is bool (rows,), `shares` float64 (rows,).
    """
    steps = np.arange(1, MAX_CALIBRATION_BINS) / MAX_CALIBRATION_BINS
    positions = np.searchsorted(np.quantile(shares, steps), shares)
    if len(np.unique(positions)) < MIN_CALIBRATION_BINS:
        positions = np.searchsorted(steps, shares)
    return [_bin(outcome[positions == position], shares[positions == position]) for position in np.unique(positions)]


def _bin(outcome: np.ndarray, shares: np.ndarray) -> CalibrationBin:
    return CalibrationBin(float(shares.mean()), share(outcome))


def class_prior(codes: Sequence[int] | np.ndarray, classes: int) -> np.ndarray:
    """Return the share of each class, without unknown classes: float64 (classes,)."""
    known = np.asarray(codes)[np.asarray(codes) != UNKNOWN]
    counts = np.bincount(known, minlength=classes)
    return np.asarray(counts / max(1, counts.sum()))


def _ratio(counts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(counts, totals, out=np.full(len(counts), np.nan), where=totals > 0))
