"""The most important metrics of a model, each beside its baseline, in plain words."""

from dataclasses import dataclass

import numpy as np

from ml_census.training.evaluation import Evaluation
from ml_census.training.evaluation.classification import Classes
from ml_census.training.report.formatting import count, number, percent

MIN_ROWS = 10
"""Minimum number of rows of the weakest class (10), unless all classes have fewer."""

PROBABILITY_TILES = (
    ("log_loss", "Error of the probabilities (log loss)", "Confident wrong predictions cost most. 0 is perfect"),
    ("brier", "Error of the probabilities (Brier score)", "Mean squared error. 0 is perfect"),
)
"""Key in the metrics, name of the tile and meaning of each tile on probabilities."""


@dataclass(frozen=True)
class Tile:
    """A metric with its value, its meaning and its baseline as text. `better` is None without a baseline."""

    name: str
    value: str
    meaning: str
    baseline: str
    better: bool | None


def build_tiles(evaluation: Evaluation) -> list[Tile]:
    """Return three or four tiles."""
    if evaluation.classes is None:
        return _regression_tiles(evaluation)
    accuracy = _accuracy(evaluation, evaluation.classes)
    if evaluation.kind == "multiclass":
        return [accuracy, _macro_f1(evaluation), *_probability_tiles(evaluation)[:1], _weakest(evaluation.classes)]
    if evaluation.probabilities is None:
        return [accuracy, *_precision_and_recall(evaluation.classes)]
    return [accuracy, _ranking(evaluation, evaluation.classes.labels), *_probability_tiles(evaluation)]


def _accuracy(evaluation: Evaluation, classes: Classes) -> Tile:
    value, baseline = evaluation.metrics["accuracy"], evaluation.baseline["accuracy"]
    return Tile(
        "Right predictions (accuracy)",
        percent(value),
        f"of {count(evaluation.rows)} rows",
        f"{percent(baseline)} by always predicting “{classes.labels[classes.most_frequent]}”",
        value > baseline,
    )


def _ranking(evaluation: Evaluation, labels: list[str]) -> Tile:
    value = evaluation.metrics["roc_auc"]
    return Tile(
        "Separation (ROC AUC)",
        number(value),
        f"Share of pairs in which “{labels[1]}” gets a higher probability than “{labels[0]}”",
        "0.5 by chance, 1 is perfect",
        value > evaluation.baseline["roc_auc"],
    )


def _probability_tiles(evaluation: Evaluation) -> list[Tile]:
    return [
        Tile(
            name,
            number(evaluation.metrics[key]),
            meaning,
            f"{number(evaluation.baseline[key])} with the shares of the classes in training",
            evaluation.metrics[key] < evaluation.baseline[key],
        )
        for key, name, meaning in PROBABILITY_TILES
        if key in evaluation.metrics
    ]


def _macro_f1(evaluation: Evaluation) -> Tile:
    value, baseline = evaluation.metrics["macro_f1"], evaluation.baseline["macro_f1"]
    return Tile(
        "Mean over the classes (macro F1)",
        number(value),
        "Rare classes count as much as frequent ones. 1 is perfect",
        f"{number(baseline)} by always predicting the most frequent class",
        value > baseline,
    )


def _weakest(classes: Classes) -> Tile:
    enough = classes.support >= min(MIN_ROWS, classes.support.max())
    worst = int(np.argmin(np.where(enough, classes.recall, np.inf)))
    return Tile(
        "Weakest class (recall)",
        percent(float(classes.recall[worst])),
        f"“{classes.labels[worst]}”: right predictions of {count(classes.support[worst])} rows",
        f"{percent(1 / len(classes.labels))} by chance",
        bool(classes.recall[worst] > 1 / len(classes.labels)),
    )


def _precision_and_recall(classes: Classes) -> list[Tile]:
    label, prevalence = classes.labels[1], float(classes.support[1] / classes.support.sum())
    precision, recall = float(classes.precision[1]), float(classes.recall[1])
    flagged = float(classes.confusion[:, 1].sum() / classes.confusion.sum())
    return [
        Tile("Right alarms (precision)", percent(precision), f"Rows predicted as “{label}” that are “{label}”",
             f"{percent(prevalence)} by chance", precision > prevalence),
        Tile("Rows found (recall)", percent(recall), f"Rows of “{label}” that are predicted as “{label}”",
             f"{percent(flagged)} by chance", recall > flagged),
    ]  # fmt: skip


REGRESSION = (
    ("mae", "Mean error (MAE)", "Mean distance between prediction and true value"),
    ("median_error", "Middle error (median)", "Half of the predictions are closer to the true value"),
    ("rmse", "Error with weight on large errors (RMSE)", "Root of the mean squared error"),
)


def _regression_tiles(evaluation: Evaluation) -> list[Tile]:
    metrics, baseline = evaluation.metrics, evaluation.baseline
    errors = [
        Tile(name, number(metrics[key]), meaning, f"{number(baseline[key])} by always predicting the mean",
             metrics[key] < baseline[key])
        for key, name, meaning in REGRESSION
    ]  # fmt: skip
    return [*errors, _explained_variance(metrics["r2"])] if "r2" in metrics else errors


def _explained_variance(r2: float) -> Tile:
    return Tile(
        "Explained variance (R²)",
        number(r2),
        "Share of the variance that the model explains. 1 is perfect",
        "0 by always predicting the mean",
        r2 > 0,
    )
