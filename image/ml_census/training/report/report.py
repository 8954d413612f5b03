"""Render report.html from an evaluation and from facts about the model."""

import json
import platform
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from jinja2 import Environment, PackageLoader, StrictUndefined

from ml_census import __version__
from ml_census.training.evaluation import Evaluation
from ml_census.training.evaluation.importance import REPEATS
from ml_census.training.evaluation.probabilities import CONFIDENCE, RESAMPLES, BinaryProbabilities
from ml_census.training.report import confusion, formatting, probability_plots, tables
from ml_census.training.report.regression_plots import regression_plots
from ml_census.training.report.tiles import build_tiles


@dataclass(frozen=True)
class ReportContext:
    """Facts about a model that report.html shows.

    `created` is the date of the report as text. `source` names the data, and
    `fingerprint` is the SHA-256 of the data. `estimator` is the class of the model with
    its parameters. If `on_training_rows` is true, the test rows are training rows. If
    `synthetic` is true, the data describe nothing real.
    """

    title: str
    description: str
    model_version: str
    created: str
    source: str
    fingerprint: str
    train_rows: int
    test_rows: int
    on_training_rows: bool
    estimator: str
    synthetic: bool = False


def render_report(evaluation: Evaluation, context: ReportContext) -> bytes:
    """Return report.html in UTF-8. Equal arguments give equal bytes."""
    environment = Environment(
        loader=PackageLoader("ml_census.training.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": formatting.count, "percent": formatting.percent, "number": formatting.number}
    return environment.get_template("report.html").render(_variables(evaluation, context)).encode()


def _variables(evaluation: Evaluation, context: ReportContext) -> dict[str, Any]:
    return {
        "context": context,
        "evaluation": evaluation,
        "tiles": build_tiles(evaluation),
        "groups": tables.group_tables(evaluation),
        "ranges": tables.range_table(evaluation),
        "importance": evaluation.importances and tables.importance_lines(evaluation.importances),
        "versions": _versions(),
        "confidence": round(100 * CONFIDENCE),
        "resamples": RESAMPLES,
        "repeats": REPEATS,
        **_class_variables(evaluation),
        "regression": evaluation.regression and regression_plots(evaluation.regression),
    }


def _class_variables(evaluation: Evaluation) -> dict[str, Any]:
    """Return the variables of a classifier; without classes or probabilities None."""
    variables: dict[str, Any] = dict.fromkeys(CLASS_VARIABLES + PROBABILITY_VARIABLES)
    if (classes := evaluation.classes) is None:
        return variables
    variables |= {
        "labels": classes.labels,
        "matrix": confusion.build_matrix(classes),
        "confusions": confusion.frequent_confusions(classes),
        "class_lines": confusion.class_lines(classes),
        "calibration": probability_plots.calibration_plot(classes) if classes.calibration else None,
    }
    if evaluation.probabilities is not None:
        variables |= _probability_variables(evaluation.probabilities, classes.labels)
    return variables


CLASS_VARIABLES = ("labels", "matrix", "confusions", "class_lines", "calibration")
PROBABILITY_VARIABLES = ("separation", "threshold", "threshold_rows", "threshold_counts")


def _probability_variables(probabilities: BinaryProbabilities, labels: list[str]) -> dict[str, Any]:
    """Return PROBABILITY_VARIABLES."""
    return {
        "separation": probability_plots.separation_plots(probabilities, labels),
        "threshold": probability_plots.threshold_plot(probabilities.thresholds, labels),
        "threshold_rows": probability_plots.threshold_table(probabilities.thresholds),
        "threshold_counts": _counts(probabilities),
    }


def _counts(probabilities: BinaryProbabilities) -> str:
    """Return the counts that the script of the threshold reads, as JSON."""
    thresholds = probabilities.thresholds
    return json.dumps(
        {
            "truePositives": thresholds.true_positives.tolist(),
            "falsePositives": thresholds.false_positives.tolist(),
            "positives": thresholds.positives,
            "negatives": thresholds.negatives,
        },
        separators=(",", ":"),
    )


def _versions() -> dict[str, str]:
    return {
        "ml-census": __version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "Python": platform.python_version(),
    }
