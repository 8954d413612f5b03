"""Estimators that hold others take what the others take."""

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.semi_supervised import SelfTrainingClassifier

from ml_census.engine.probe import probe_schema
from ml_census.models.schema_inference import infer_schema
from ml_census.models.schema_inference.meta_estimators import inner_estimators

RANDOM = np.random.default_rng(0)
ROWS = np.where(RANDOM.random((200, 2)) < 0.1, np.nan, RANDOM.random((200, 2)))
COMPLETE = np.nan_to_num(ROWS)
LABELS = (COMPLETE[:, 0] > 0.5).astype(int)
TWO_LABELS = np.column_stack([LABELS, 1 - LABELS])


def filled() -> Any:
    return make_pipeline(SimpleImputer(), LogisticRegression())


def column_types(model: Any) -> list[tuple[str, bool]]:
    return [(column.type, column.nullable) for column in infer_schema(model).columns]


@pytest.mark.parametrize(
    ("model", "labels"),
    [
        (FixedThresholdClassifier(filled(), threshold=0.3), LABELS),
        (TunedThresholdClassifierCV(filled(), cv=2), LABELS),
        (GridSearchCV(FixedThresholdClassifier(filled()), {"threshold": [0.3, 0.5]}, cv=2), LABELS),
        (OneVsRestClassifier(filled()), LABELS),
        (OneVsOneClassifier(filled()), LABELS),
        (OutputCodeClassifier(filled(), random_state=0), LABELS + (COMPLETE[:, 1] > 0.5)),
        (MultiOutputClassifier(filled()), TWO_LABELS),
        (BaggingClassifier(filled(), 3, random_state=0), LABELS),
        (SelfTrainingClassifier(filled()), np.where(np.arange(200) % 5, LABELS, -1)),
        (CalibratedClassifierCV(filled(), cv=2), LABELS),
        (FixedThresholdClassifier(FrozenEstimator(filled().fit(ROWS, LABELS))), LABELS),
    ],
    ids=lambda value: type(value).__name__,
)
def test_model_around_a_pipeline_takes_what_the_pipeline_takes(model: Any, labels: np.ndarray) -> None:
    assert column_types(model.fit(ROWS, labels)) == [("number", True)] * 2


@pytest.mark.parametrize(
    "model",
    [
        VotingClassifier([("a", LogisticRegression()), ("b", LogisticRegression(C=2))]),
        StackingClassifier([("a", LogisticRegression())], cv=2),
        TransformedTargetRegressor(LinearRegression()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_model_of_models_takes_what_its_models_take(model: Any) -> None:
    assert column_types(model.fit(COMPLETE, LABELS)) == [("number", False)] * 2


def test_missing_values_are_refused_if_one_estimator_refuses_them() -> None:
    """A tree that saw missing values accepts null, and so does an imputer; a logistic regression does not."""
    both = VotingClassifier([("a", filled()), ("b", LogisticRegression())]).fit(COMPLETE, LABELS)
    one = VotingClassifier([("a", filled()), ("b", HistGradientBoostingClassifier(max_iter=2))]).fit(ROWS, LABELS)

    assert column_types(both) == [("number", False)] * 2
    assert column_types(one) == [("number", True)] * 2


@pytest.mark.parametrize("passthrough", [True, False])
def test_final_estimator_may_reject_missing_values_of_the_columns(passthrough: bool) -> None:
    model = StackingClassifier([("a", HistGradientBoostingClassifier(max_iter=2))], cv=2, passthrough=passthrough)

    assert column_types(model.fit(COMPLETE, LABELS)) == [("number", not passthrough)] * 2


def test_adaboost_takes_no_missing_values() -> None:
    """AdaBoostClassifier rejects missing values, although its estimator would fill them."""
    model = AdaBoostClassifier(HistGradientBoostingClassifier(max_iter=2), n_estimators=2).fit(COMPLETE, LABELS)

    assert column_types(model) == [("number", False)] * 2


def test_chain_that_checks_its_rows_takes_no_missing_values() -> None:
    """A ClassifierChain rejects missing values, although its estimator would fill them."""
    model = ClassifierChain(filled()).fit(COMPLETE, TWO_LABELS)

    schema = probe_schema(model, infer_schema(model))

    assert [(column.type, column.nullable) for column in schema.columns] == [("number", False)] * 2


@pytest.mark.filterwarnings("ignore:Label .* is present in all training examples")
def test_constant_in_place_of_an_estimator_is_left_out() -> None:
    labels = np.column_stack([LABELS, np.ones(200, dtype=int)])
    model = OneVsRestClassifier(LogisticRegression()).fit(COMPLETE, labels)

    assert len(model.estimators_) == 2
    assert [type(estimator) for estimator in inner_estimators(model)] == [LogisticRegression]


def test_threshold_around_categories_knows_them() -> None:
    rows = np.column_stack([LABELS, np.where(LABELS, "f", "m")]).astype(object)
    encode = make_column_transformer((OneHotEncoder(), [1]))
    model = FixedThresholdClassifier(make_pipeline(encode, LogisticRegression())).fit(rows, LABELS)

    age, sex = infer_schema(model).columns

    assert age.dropped
    assert (sex.categories, sex.reject_unknown) == (("f", "m"), True)


def test_estimator_without_others_has_no_inner_estimators() -> None:
    assert inner_estimators(LogisticRegression()) == []
