"""Evaluation of models of each kind: the metrics are those of scikit-learn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from ml_census.schema import InvalidRowsError
from ml_census.training.data.labelled_rows import LabelledRows
from ml_census.training.evaluation import evaluate
from support.evaluations import Case, evaluate_case


def halves(case: Case, constant: DummyClassifier) -> np.ndarray:
    """Return the predictions of a constant model of scikit-learn for the second half."""
    half = len(case.rows) // 2
    return constant.fit(case.rows[case.columns][:half], case.target[:half]).predict_proba(case.test[case.columns])


def test_metrics_of_two_classes_are_those_of_scikit_learn(binary: Case) -> None:
    shares, truth = binary.shares, binary.truth == "yes"

    assert binary.evaluation.kind == "binary"
    assert binary.evaluation.metrics == pytest.approx(
        {
            "accuracy": accuracy_score(binary.truth, binary.predicted),
            "roc_auc": roc_auc_score(truth, shares[:, 1]),
            "log_loss": log_loss(binary.truth, shares),
            "brier": brier_score_loss(truth, shares[:, 1]),
        },
        rel=1e-12,
    )


def test_baseline_of_classes_is_the_prior_of_the_training(binary: Case) -> None:
    shares = halves(binary, DummyClassifier(strategy="prior"))

    assert binary.evaluation.baseline == pytest.approx(
        {
            "accuracy": np.mean(binary.truth == "no"),
            "roc_auc": 0.5,
            "log_loss": log_loss(binary.truth, shares),
            "brier": brier_score_loss(binary.truth == "yes", shares[:, 1]),
        },
        rel=1e-12,
    )


def test_metrics_of_three_classes_are_those_of_scikit_learn(multiclass: Case) -> None:
    metrics = multiclass.evaluation.metrics

    assert multiclass.evaluation.kind == "multiclass"
    assert metrics["macro_f1"] == pytest.approx(f1_score(multiclass.truth, multiclass.predicted, average="macro"))
    assert metrics["log_loss"] == pytest.approx(log_loss(multiclass.truth, multiclass.shares))
    assert set(multiclass.evaluation.baseline) == set(metrics) == {"accuracy", "macro_f1", "log_loss", "brier"}


def test_metrics_of_a_regressor_are_those_of_scikit_learn(regression: Case) -> None:
    truth, predicted = regression.truth, regression.predicted

    assert regression.evaluation.kind == "regression"
    assert regression.evaluation.metrics == pytest.approx(
        {
            "r2": r2_score(truth, predicted),
            "mae": mean_absolute_error(truth, predicted),
            "rmse": root_mean_squared_error(truth, predicted),
            "median_error": median_absolute_error(truth, predicted),
        }
    )


def test_baseline_of_a_regressor_is_the_mean_of_the_training(regression: Case) -> None:
    half = len(regression.rows) // 2
    constant = DummyRegressor().fit(regression.rows[:half], regression.target[:half]).predict(regression.test)

    assert regression.evaluation.baseline["mae"] == pytest.approx(mean_absolute_error(regression.truth, constant))


def test_model_without_probabilities_has_its_accuracy(without_probabilities: Case) -> None:
    case = without_probabilities

    assert case.evaluation.metrics == {"accuracy": pytest.approx(accuracy_score(case.truth, case.predicted))}
    assert case.evaluation.probabilities is None
    assert case.evaluation.importances and case.evaluation.importances.measure == "accuracy"


def test_model_of_texts_has_no_importances(texts: Case) -> None:
    assert texts.evaluation.kind == "binary"
    assert texts.evaluation.importances is None


def test_evaluation_of_the_same_rows_is_the_same(binary: Case) -> None:
    first, again = binary.evaluation, evaluate_case(binary, ["town", "age"]).evaluation

    assert (again.metrics, again.groups, again.importances) == (first.metrics, first.groups, first.importances)
    assert again.probabilities and first.probabilities
    assert again.probabilities.roc.low.tolist() == first.probabilities.roc.low.tolist()


def test_rows_of_unknown_classes_are_left_out_and_counted(binary: Case) -> None:
    test = LabelledRows(binary.test[:100], pd.Series(["maybe", *binary.truth[1:100]]))

    evaluation = evaluate(binary.predictor, test, [], binary.target)

    assert (evaluation.rows, evaluation.left_out) == (99, 1)
    assert evaluation.metrics["accuracy"] == np.mean(binary.predicted[1:100] == binary.truth[1:100])


def test_target_without_any_class_of_the_model_is_an_error(binary: Case) -> None:
    test = LabelledRows(binary.test[:2], pd.Series(["maybe", "perhaps"]))

    with pytest.raises(ValueError, match="no test row has a class of the model: no, yes"):
        evaluate(binary.predictor, test, [], binary.target)


def test_test_rows_of_one_class_have_no_curves(binary: Case) -> None:
    here = binary.truth == "yes"
    test = LabelledRows(binary.test[here], pd.Series(binary.truth[here]))

    evaluation = evaluate(binary.predictor, test, ["town"], binary.target)

    assert evaluation.probabilities is None
    assert "roc_auc" not in evaluation.metrics and "log_loss" in evaluation.metrics


def test_one_test_row_is_enough_for_a_regressor(regression: Case) -> None:
    test = LabelledRows(regression.test[:1], pd.Series(regression.truth[:1]))

    evaluation = evaluate(regression.predictor, test, ["town", "age"], regression.target)

    assert evaluation.metrics["mae"] == pytest.approx(abs(regression.predicted[0] - regression.truth[0]))


def test_no_test_row_is_an_error(regression: Case) -> None:
    with pytest.raises(ValueError, match="there are no test rows"):
        evaluate(regression.predictor, LabelledRows(regression.test[:0], pd.Series([])), [], regression.target)


def test_model_with_several_outputs_is_an_error() -> None:
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 0.0, 2.0]})
    case = Case(LinearRegression().fit(rows, rows), rows, rows["a"], columns=["a", "b"])

    with pytest.raises(ValueError, match="several outputs"):
        evaluate(case.predictor, LabelledRows(rows, rows["a"]), [], rows["a"])


def test_row_that_the_schema_rejects_is_an_error(regression: Case) -> None:
    rows = replace(regression, rows=regression.rows.astype({"size": object})).test.copy()
    rows.iloc[0, 0] = "wide"

    with pytest.raises(InvalidRowsError):
        evaluate(regression.predictor, LabelledRows(rows, pd.Series(regression.truth)), [], regression.target)


def test_missing_group_column_is_an_error(regression: Case) -> None:
    test = LabelledRows(regression.test, pd.Series(regression.truth))

    with pytest.raises(KeyError, match="country"):
        evaluate(regression.predictor, test, ["country"], regression.target)
