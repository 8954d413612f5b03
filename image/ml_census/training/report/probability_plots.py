"""Plots of the probabilities of a classifier."""

import numpy as np

from ml_census.training.evaluation.classification import CalibrationBin, Classes
from ml_census.training.evaluation.probabilities import (
    GRID,
    SCORE_BINS,
    THRESHOLDS,
    BinaryProbabilities,
    Curve,
    Thresholds,
)
from ml_census.training.report.formatting import count, number, percent, percent_range
from ml_census.training.report.plot import Axis, Layer, Plot, area, bars, line, points, share_axis, whiskers

TABLE_STEP = 20
"""A table has each 20th point of a curve: 11 rows."""
DIAGONAL = [0, 1]


def separation_plots(probabilities: BinaryProbabilities, labels: list[str]) -> list[Plot]:
    """Return the distribution of the probabilities, the ROC curve and the precision-recall curve."""
    return [
        _scores(probabilities.scores, labels),
        _roc(probabilities.roc),
        _precision_recall(probabilities),
    ]


def _scores(counts: np.ndarray, labels: list[str]) -> Plot:
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    x = share_axis(f"Probability of “{labels[1]}”")
    y = share_axis("Share of the rows of the class", float(shares.max()))
    return Plot(
        "Probabilities by true class",
        "Histogram of the predicted probabilities for each true class. The table below has the figures.",
        x,
        y,
        [bars(style, x, y, SCORE_BINS, values) for style, values in zip(("other", "accent"), shares, strict=True)],
        [("other", f"“{labels[0]}”"), ("accent", f"“{labels[1]}”")],
        ["Probability", *(f"Rows of “{label}”" for label in labels)],
        _score_table(counts),
    )


def _score_table(counts: np.ndarray) -> list[list[str]]:
    """Return a row for each four bins of the histogram."""
    return [
        [f"{percent(SCORE_BINS[first], 0)} to {percent(SCORE_BINS[first + 4], 0)}",
         *(count(values[first : first + 4].sum()) for values in counts)]
        for first in range(0, 40, 4)
    ]  # fmt: skip


def _roc(curve: Curve) -> Plot:
    x, y = share_axis("False positive rate"), share_axis("True positive rate")
    model = line("accent", x, y, np.append(0, GRID), np.append(0, curve.values))  # a ROC curve starts at (0, 0)
    return Plot(
        "ROC curve",
        f"ROC curve with an area of {number(curve.area)}. "
        f"At a false positive rate of 10 %, the true positive rate is {percent(curve.values[TABLE_STEP])}.",
        x,
        y,
        [line("guide", x, y, DIAGONAL, DIAGONAL), area("accent", x, y, GRID, curve.low, curve.high), model],
        [("accent", f"model, area {number(curve.area)}"), ("guide", "chance, area 0.5")],
        *_curve_table("False positive rate", "True positive rate", curve),
    )


def _precision_recall(probabilities: BinaryProbabilities) -> Plot:
    curve, thresholds = probabilities.precision_recall, probabilities.thresholds
    prevalence = thresholds.positives / (thresholds.positives + thresholds.negatives)
    x, y = share_axis("Recall"), share_axis("Precision")
    chance = line("guide", x, y, DIAGONAL, [prevalence, prevalence])
    return Plot(
        "Precision and recall",
        f"Precision-recall curve with an average precision of {number(curve.area)}. "
        f"At a recall of 50 %, the precision is {percent(curve.values[len(GRID) // 2])}.",
        x,
        y,
        [chance, area("accent", x, y, GRID, curve.low, curve.high), line("accent", x, y, GRID, curve.values)],
        [("accent", f"model, average {number(curve.area)}"), ("guide", f"chance, {number(prevalence)}")],
        *_curve_table("Recall", "Precision", curve),
    )


def _curve_table(across: str, up: str, curve: Curve) -> tuple[list[str], list[list[str]]]:
    rows = [
        [percent(GRID[index], 0), percent(curve.values[index]),
         percent_range(curve.low[index], curve.high[index])]
        for index in range(0, len(GRID), TABLE_STEP)
    ]  # fmt: skip
    return [across, up, "95 % band"], rows


def calibration_plot(classes: Classes) -> Plot:
    """Return the calibration curve."""
    subject = f"“{classes.labels[1]}”" if len(classes.labels) == 2 else "the predicted class"
    x, y = share_axis(f"Probability of {subject}"), share_axis("Share of the rows for which it came true")
    return Plot(
        "Predicted and observed",
        "Calibration curve: for each bin of rows, the mean predicted probability and the observed share.",
        x,
        y,
        [line("guide", x, y, DIAGONAL, DIAGONAL), *_calibration_marks(x, y, classes.calibration)],
        [("accent", "model, with 95 % intervals"), ("guide", "perfect probabilities")],
        ["Mean probability", "Came true", "95 % interval", "Rows"],
        [_calibration_row(part) for part in classes.calibration],
    )


def _calibration_marks(x: Axis, y: Axis, bins: list[CalibrationBin]) -> list[Layer]:
    """Return the 95 % intervals of the bins, and the line and the points of their observed shares."""
    predicted = [part.predicted for part in bins]
    observed = [part.observed for part in bins]
    values = [part.value for part in observed]
    return [
        whiskers("accent", x, y, predicted, [part.low for part in observed], [part.high for part in observed]),
        line("accent thin", x, y, predicted, values),
        points("accent", x, y, predicted, values),
    ]


def _calibration_row(part: CalibrationBin) -> list[str]:
    interval = percent_range(part.observed.low, part.observed.high)
    return [percent(part.predicted), percent(part.observed.value), interval, count(part.observed.of)]


def threshold_plot(thresholds: Thresholds, labels: list[str]) -> Plot:
    """Return precision, recall and the share of rows at or above each threshold."""
    x, y = share_axis("Threshold"), share_axis("Share")
    return Plot(
        "Precision and recall by threshold",
        f"Precision, recall and the share of rows that the model predicts as “{labels[1]}”, for each threshold.",
        x,
        y,
        _threshold_lines(x, y, thresholds),
        [("accent", "precision"), ("other", "recall"), ("faint", f"predicted as “{labels[1]}”")],
    )


def _threshold_lines(x: Axis, y: Axis, thresholds: Thresholds) -> list[Layer]:
    """Return the lines of the share of rows at or above each threshold, of the recall and of the precision."""
    flagged = thresholds.true_positives + thresholds.false_positives
    known = flagged > 0
    return [
        line("faint", x, y, THRESHOLDS, flagged / (thresholds.positives + thresholds.negatives)),
        line("other", x, y, THRESHOLDS, thresholds.true_positives / thresholds.positives),
        line("accent", x, y, THRESHOLDS[known], thresholds.true_positives[known] / flagged[known]),
    ]


def threshold_table(thresholds: Thresholds) -> list[list[str]]:
    """Return a row for each twentieth of the thresholds."""
    return [_threshold_row(thresholds, index) for index in range(5, 100, 5)]


def _threshold_row(thresholds: Thresholds, index: int) -> list[str]:
    found, alarms = int(thresholds.true_positives[index]), int(thresholds.false_positives[index])
    rows, flagged = thresholds.positives + thresholds.negatives, found + alarms
    right = found + thresholds.negatives - alarms
    return [
        percent(THRESHOLDS[index], 0),
        percent(found / flagged if flagged else np.nan),
        percent(found / thresholds.positives),
        percent(right / rows),
        percent(flagged / rows),
        count(alarms),
        count(thresholds.positives - found),
    ]
