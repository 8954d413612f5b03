"""Evaluate a model on test rows, and compare it with a model that ignores the columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from ml_census.engine.predictor import PredictionError, Predictor
from ml_census.schema import Columns
from ml_census.training.data.labelled_rows import LabelledRows
from ml_census.training.evaluation import classification, groups, importance, regression
from ml_census.training.evaluation.classification import Classes
from ml_census.training.evaluation.groups import Group
from ml_census.training.evaluation.importance import Importances
from ml_census.training.evaluation.intervals import Estimate
from ml_census.training.evaluation.predictions import (
    UNKNOWN,
    ClassPredictions,
    class_codes,
    json_values,
    predict_classes,
    validated_columns,
)
from ml_census.training.evaluation.probabilities import BinaryProbabilities, evaluate_probabilities
from ml_census.training.evaluation.regression import Regression

SEVERAL_OUTPUTS = "the model has several outputs: only models with one output have an evaluation"
Kind = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class Evaluation:
    """Results of a model on test rows.

    `metrics` and `baseline` have the same keys. The baseline predicts the most frequent
    class or the mean of the training target, and the shares of the classes in training
    as probabilities. `left_out` counts test rows whose class the model does not have;
    no result includes these rows. `rows` counts the other rows.
    """

    kind: Kind
    rows: int
    metrics: dict[str, float]
    baseline: dict[str, float]
    overall: dict[str, Estimate] = field(default_factory=dict)
    """The measures of Group for all rows."""
    groups: list[Group] = field(default_factory=list)
    """The errors of each group of the group columns."""
    importances: Importances | None = None
    """The importance of the columns. None for a model with one column, and for a model that
    rejects shuffled rows."""
    classes: Classes | None = None
    """Right and wrong predictions of a classifier; None for a regressor."""
    probabilities: BinaryProbabilities | None = None
    """Curves and thresholds of a model that has two classes and probabilities. None for any
    other model, and for test rows of one class."""
    regression: Regression | None = None
    """Errors of a regressor; None for a classifier."""
    left_out: int = 0


def evaluate(
    predictor: Predictor,
    test: LabelledRows,
    group_columns: Sequence[str],
    train_target: pd.Series,
    labels: Mapping[Any, str] | None = None,
) -> Evaluation:
    """Evaluate the predictor that the server uses. The same model and rows always give the same numbers.

    The first columns of `test.rows` are those of the model, in its order; further
    columns can be group columns. `labels` has the text of each class. Raises
    InvalidRowsError if a test row does not fit the schema, PredictionError if the model
    rejects a row, KeyError if a group column is missing, and ValueError if there are no
    rows to evaluate or the model has several outputs.
    """
    if predictor.outputs is not None:
        raise ValueError(SEVERAL_OUTPUTS)
    if predictor.classes is None:
        return _evaluate_regressor(predictor, test, group_columns, train_target)
    return _evaluate_classifier(predictor, test, group_columns, train_target, labels)


def _evaluate_classifier(
    predictor: Predictor,
    test: LabelledRows,
    group_columns: Sequence[str],
    train_target: pd.Series,
    labels: Mapping[Any, str] | None,
) -> Evaluation:
    classes = predictor.classes or []
    rows, truth = _rows_of_known_classes(classes, test)
    columns = validated_columns(predictor, rows)
    predictions = predict_classes(predictor, columns, truth, labels)
    measure = groups.class_measures(predictions)
    prior = classification.class_prior(class_codes(classes, json_values(train_target)), len(classes))
    return Evaluation(
        kind="binary" if len(classes) == 2 else "multiclass",
        rows=len(rows),
        metrics=classification.measure_classes(predictions),
        baseline=classification.measure_classes(classification.constant_predictions(predictions, prior)),
        overall=measure(np.full(len(rows), True)),
        groups=groups.evaluate_groups(rows, group_columns, measure),
        importances=_class_importances(predictor, columns, predictions),
        classes=classification.evaluate_classes(predictions, prior),
        probabilities=_binary_probabilities(predictions),
        left_out=len(test.rows) - len(rows),
    )


def _rows_of_known_classes(classes: list[Any], test: LabelledRows) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the test rows whose class the model has, and the positions of their classes: int (rows,)."""
    truth = class_codes(classes, json_values(test.target))
    known = truth != UNKNOWN
    if not known.any():
        raise ValueError(f"no test row has a class of the model: {', '.join(map(str, classes[:10]))}")
    return test.rows[known], truth[known]


def _binary_probabilities(predictions: ClassPredictions) -> BinaryProbabilities | None:
    shares = predictions.probabilities
    if shares is None or shares.shape[1] != 2 or len(np.unique(predictions.truth)) < 2:
        return None
    return evaluate_probabilities(predictions.truth, shares[:, 1])


def _evaluate_regressor(
    predictor: Predictor, test: LabelledRows, group_columns: Sequence[str], train_target: pd.Series
) -> Evaluation:
    if test.rows.empty:
        raise ValueError("there are no test rows")
    columns = validated_columns(predictor, test.rows)
    truth = test.target.to_numpy(dtype=np.float64)
    predicted = _numbers(predictor, columns)
    if predicted.ndim > 1:
        raise ValueError(SEVERAL_OUTPUTS)
    measure = groups.error_measures(predicted - truth)
    constant = np.full(len(truth), train_target.to_numpy(dtype=np.float64).mean())

    def score(changed: Columns, positions: np.ndarray) -> float:
        return -float(np.abs(_numbers(predictor, changed) - truth[positions]).mean())

    return Evaluation(
        kind="regression",
        rows=len(truth),
        metrics=regression.measure_regression(truth, predicted),
        baseline=regression.measure_regression(truth, constant),
        overall=measure(np.full(len(truth), True)),
        groups=groups.evaluate_groups(test.rows, group_columns, measure),
        importances=_importances(predictor, columns, "mae", score),
        regression=regression.evaluate_regression(truth, predicted),
    )


def _numbers(predictor: Predictor, columns: Columns) -> np.ndarray:
    return np.asarray(predictor.predict(columns), dtype=np.float64)


def _class_importances(predictor: Predictor, columns: Columns, predictions: ClassPredictions) -> Importances | None:
    classes, truth = predictor.classes or [], predictions.truth

    def accuracy(changed: Columns, positions: np.ndarray) -> float:
        return float((class_codes(classes, predictor.predict(changed)) == truth[positions]).mean())

    def roc_auc(changed: Columns, positions: np.ndarray) -> float:
        shares = np.asarray(predictor.probabilities(changed), dtype=np.float64)
        return float(roc_auc_score(truth[positions], shares[:, 1]))

    sampled = truth[importance.sample_rows(len(truth))]
    if len(classes) == 2 and predictor.has_probabilities and len(np.unique(sampled)) == 2:
        return _importances(predictor, columns, "roc_auc", roc_auc)
    return _importances(predictor, columns, "accuracy", accuracy)


def _importances(predictor: Predictor, columns: Columns, measure: str, score: importance.Score) -> Importances | None:
    if len(columns) == 1:
        return None
    try:
        return importance.measure_importances(predictor.schema.names, columns, measure, score)
    except PredictionError:
        return None
