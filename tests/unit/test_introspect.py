"""The columns are learnt from the fitted model."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from kinds import CATEGORIES, FRAME, LABELS, NAMES, NUMBERS, Kind
from ml_census.introspect import learn
from ml_census.schema import SchemaError


@pytest.mark.parametrize(
    ("name", "form", "kinds"),
    [
        ("article", "text", ["number", "category", "number", "category"]),
        ("dataframe", "frame", ["number", "category", "number", "category"]),
        ("positions", "objects", ["number", "category", "number", "category"]),
        ("boosting_with_categories", "frame", ["number", "any", "number", "any"]),
        ("logistic", "numbers", ["number", "number"]),
        ("missing_values", "numbers", ["number", "number"]),
        ("multi_class", "numbers", ["number", "number"]),
        ("regressor", "numbers", ["number", "number"]),
        ("searched", "numbers", ["number", "number"]),
        ("clusters", "numbers", ["number", "number"]),
        ("documents", "documents", ["any"]),
    ],
)
def test_each_kind_of_model_tells_its_columns(
    kind: Callable[[str], Kind], name: str, form: str, kinds: list[str]
) -> None:
    schema = learn(kind(name).model)

    assert schema.form == form
    assert [column.kind for column in schema.columns] == kinds


@pytest.mark.parametrize("name", ["article", "dataframe", "positions"])
def test_categories_are_learnt_from_the_encoders(kind: Callable[[str], Kind], name: str) -> None:
    columns = learn(kind(name).model, NAMES).columns

    assert [column.name for column in columns] == NAMES
    assert set(columns[1].categories) == set(CATEGORIES["workclass"])
    assert not columns[1].refuse_unknown


@pytest.mark.parametrize(
    ("model", "nullable"),
    [
        (make_pipeline(SimpleImputer(), LogisticRegression()), True),
        (make_pipeline(KNNImputer(), LogisticRegression()), True),
        (HistGradientBoostingClassifier(max_iter=2), True),
        (RandomForestClassifier(2), False),
        (LogisticRegression(), False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_only_what_learns_from_missing_values_lets_null_in(model: Any, nullable: bool) -> None:
    columns = learn(model.fit(NUMBERS, LABELS)).columns

    assert [(column.kind, column.nullable) for column in columns] == [("number", nullable)] * 2


@pytest.mark.parametrize(
    "model",
    [
        VotingClassifier([("a", LogisticRegression()), ("b", RandomForestClassifier(2))]),
        StackingClassifier([("a", LogisticRegression())], cv=2),
        CalibratedClassifierCV(LogisticRegression(), cv=2),
        TransformedTargetRegressor(LinearRegression()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_of_models_tells_what_its_parts_take(model: Any) -> None:
    assert [column.kind for column in learn(model.fit(NUMBERS, LABELS)).columns] == ["number", "number"]


def test_an_encoder_that_fails_on_unknown_categories_makes_them_the_clients_error() -> None:
    encode = ColumnTransformer([("categories", OneHotEncoder(), ["workclass"])])
    model = make_pipeline(encode, LogisticRegression()).fit(FRAME, LABELS)

    age, workclass, *_ = learn(model).columns

    assert workclass.refuse_unknown
    assert age.kind == "any"  # dropped: whatever it holds


def test_an_encoder_that_knows_missing_values_lets_null_in() -> None:
    values = np.array([["a"], [None], ["b"]] * 4, dtype=object)
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(values, [0, 1, 0] * 4)

    assert learn(model).columns[0].nullable


def test_an_unknown_step_leaves_its_columns_open() -> None:
    model = make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()).fit([[1.0, 2.0], [3.0, 4.0]], [0, 1])

    assert [column.kind for column in learn(model).columns] == ["any", "any"]


def test_a_model_without_a_number_of_columns_needs_a_schema() -> None:
    with pytest.raises(SchemaError, match=r"schema\.json"):
        learn(BaseEstimator())
