"""Plots of probabilities, and their figures as tables."""

import pytest

from ml_census.training.evaluation.classification import Classes
from ml_census.training.evaluation.probabilities import BinaryProbabilities
from ml_census.training.report.formatting import count, percent
from ml_census.training.report.probability_plots import (
    calibration_plot,
    separation_plots,
    threshold_plot,
    threshold_table,
)
from support.evaluations import Case

LABELS = ["no", "yes"]


@pytest.fixture
def classes(binary: Case) -> Classes:
    assert binary.evaluation.classes is not None
    return binary.evaluation.classes


@pytest.fixture
def result(binary: Case) -> BinaryProbabilities:
    assert binary.evaluation.probabilities is not None
    return binary.evaluation.probabilities


def test_each_plot_has_a_description_and_figures(result: BinaryProbabilities) -> None:
    plots = separation_plots(result, LABELS)

    assert [plot.title for plot in plots] == ["Probabilities by true class", "ROC curve", "Precision and recall"]
    for plot in plots:
        assert plot.description and plot.legend and plot.layers
        assert plot.rows and all(len(row) == len(plot.header) for row in plot.rows)


def test_histogram_table_counts_all_rows(result: BinaryProbabilities) -> None:
    rows = separation_plots(result, LABELS)[0].rows

    assert [sum(int(row[column]) for row in rows) for column in (1, 2)] == result.scores.sum(axis=1).tolist()


def test_curve_table_has_points_of_the_curve(result: BinaryProbabilities) -> None:
    rows = separation_plots(result, LABELS)[1].rows

    assert [row[0] for row in rows] == [f"{share}\u00a0%" for share in range(0, 101, 10)]
    assert [row[1] for row in rows] == [percent(value) for value in result.roc.values[::20]]


def test_roc_curve_starts_at_zero(result: BinaryProbabilities) -> None:
    (curve,) = [layer for layer in separation_plots(result, LABELS)[1].layers if layer.style == "line accent"]

    assert curve.path.startswith("M0 1000L")


def test_calibration_table_has_the_rows_of_each_bin(classes: Classes) -> None:
    plot = calibration_plot(classes)

    assert plot.x.title == "Probability of “yes”"
    assert [row[3] for row in plot.rows] == [count(part.observed.of) for part in classes.calibration]
    assert [row[1] for row in plot.rows] == [percent(part.observed.value) for part in classes.calibration]


def test_calibration_of_three_classes_is_of_the_predicted_one(multiclass: Case) -> None:
    assert multiclass.evaluation.classes is not None

    assert calibration_plot(multiclass.evaluation.classes).x.title == "Probability of the predicted class"


def test_threshold_of_a_half_has_the_figures_of_the_model(
    binary: Case, classes: Classes, result: BinaryProbabilities
) -> None:
    (row,) = [row for row in threshold_table(result.thresholds) if row[0] == "50\u00a0%"]

    assert row[1:4] == [
        percent(classes.precision[1]), percent(classes.recall[1]), percent(binary.evaluation.metrics["accuracy"])
    ]  # fmt: skip
    assert row[5:] == [count(classes.confusion[0, 1]), count(classes.confusion[1, 0])]


def test_threshold_plot_has_three_lines(result: BinaryProbabilities) -> None:
    plot = threshold_plot(result.thresholds, LABELS)

    assert [layer.style for layer in plot.layers] == ["line faint", "line other", "line accent"]
    assert [text for _style, text in plot.legend] == ["precision", "recall", "predicted as “yes”"]
