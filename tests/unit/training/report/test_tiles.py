"""Key figures with their baselines."""

from dataclasses import replace

import numpy as np
import pytest

from ml_census.training.evaluation.classification import Classes
from ml_census.training.report.formatting import number, percent
from ml_census.training.report.tiles import build_tiles
from support.evaluations import Case


def test_tiles_of_two_classes_have_metrics_and_baselines(binary: Case) -> None:
    metrics, baseline = binary.evaluation.metrics, binary.evaluation.baseline

    accuracy, ranking, loss, brier = build_tiles(binary.evaluation)

    assert accuracy.value == percent(metrics["accuracy"])
    assert accuracy.baseline == f"{percent(baseline['accuracy'])} by always predicting “no”"
    assert ranking.value == number(metrics["roc_auc"])
    assert (loss.value, brier.value) == (number(metrics["log_loss"]), number(metrics["brier"]))
    assert loss.baseline.startswith(number(baseline["log_loss"]))
    assert all(tile.better for tile in (accuracy, ranking, loss, brier))


def test_tile_of_a_bad_model_is_not_better(binary: Case) -> None:
    worse = replace(binary.evaluation, metrics=binary.evaluation.baseline)

    assert [tile.better for tile in build_tiles(worse)] == [False] * 4


def test_tiles_of_three_classes_have_the_weakest_class(multiclass: Case) -> None:
    classes = multiclass.evaluation.classes
    assert classes is not None

    weakest = build_tiles(multiclass.evaluation)[-1]

    assert weakest.value == percent(classes.recall.min())
    assert f"“{classes.labels[classes.recall.argmin()]}”" in weakest.meaning


def test_weakest_class_has_ten_rows(multiclass: Case) -> None:
    classes = Classes(["a", "b", "c"], np.array([[8, 2, 0], [0, 0, 1], [0, 0, 20]]), 0, [])

    weakest = build_tiles(replace(multiclass.evaluation, classes=classes))[-1]

    assert (weakest.value, weakest.meaning) == ("80.0\u00a0%", "“a”: right predictions of 10 rows")


def test_tiles_without_probabilities_have_precision_and_recall(without_probabilities: Case) -> None:
    classes = without_probabilities.evaluation.classes
    assert classes is not None

    _accuracy, precision, recall = build_tiles(without_probabilities.evaluation)

    assert (precision.value, recall.value) == (percent(classes.precision[1]), percent(classes.recall[1]))


def test_tiles_of_a_regressor_are_against_the_mean(regression: Case) -> None:
    tiles = build_tiles(regression.evaluation)

    assert len(tiles) == 4
    assert tiles[0].value == number(regression.evaluation.metrics["mae"])
    assert tiles[0].baseline == f"{number(regression.evaluation.baseline['mae'])} by always predicting the mean"


@pytest.mark.parametrize("missing", ["r2"])
def test_undefined_metric_has_no_tile(regression: Case, missing: str) -> None:
    metrics = {name: value for name, value in regression.evaluation.metrics.items() if name != missing}

    assert len(build_tiles(replace(regression.evaluation, metrics=metrics))) == 3
