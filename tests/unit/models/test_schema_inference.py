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
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from ml_census.models.schema_inference import infer_schema
from ml_census.schema.schema import SchemaError
from support.sample_models import CATEGORIES, FRAME, LABELS, NAMES, NUMBERS, SampleModel


@pytest.mark.parametrize(
    ("name", "form", "kinds"),
    [
        ("article", "text", ["number", "category", "number", "category"]),
        ("dataframe", "frame", ["number", "category", "number", "category"]),
        ("positions", "objects", ["number", "category", "number", "category"]),
        ("boosting_with_categories", "frame", ["number", "category", "number", "category"]),
        ("logistic", "numbers", ["number", "number"]),
        ("missing_values", "numbers", ["number", "number"]),
        ("multi_class", "numbers", ["number", "number"]),
        ("regressor", "numbers", ["number", "number"]),
        ("searched", "numbers", ["number", "number"]),
        ("clusters", "numbers", ["number", "number"]),
        ("documents", "documents", ["text"]),
    ],
)
def test_each_kind_of_model_tells_its_columns(
    sample_model: Callable[[str], SampleModel], name: str, form: str, kinds: list[str]
) -> None:
    schema = infer_schema(sample_model(name).model)

    assert schema.form == form
    assert [column.kind for column in schema.columns] == kinds


@pytest.mark.parametrize("name", ["article", "dataframe", "positions"])
def test_categories_are_learnt_from_the_encoders(sample_model: Callable[[str], SampleModel], name: str) -> None:
    columns = infer_schema(sample_model(name).model, NAMES).columns

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
    columns = infer_schema(model.fit(NUMBERS, LABELS)).columns

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
    assert [column.kind for column in infer_schema(model.fit(NUMBERS, LABELS)).columns] == ["number", "number"]


def test_an_encoder_that_fails_on_unknown_categories_makes_them_the_clients_error() -> None:
    encode = ColumnTransformer([("categories", OneHotEncoder(), ["workclass"])])
    model = make_pipeline(encode, LogisticRegression()).fit(FRAME, LABELS)

    age, workclass, *_ = infer_schema(model).columns

    assert workclass.refuse_unknown
    assert age.kind == "any"  # dropped: whatever it holds


def test_an_encoder_that_knows_missing_values_lets_null_in() -> None:
    values = np.array([["a"], [None], ["b"]] * 4, dtype=object)
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(values, [0, 1, 0] * 4)

    assert infer_schema(model).columns[0].nullable


def test_an_unknown_step_leaves_its_columns_open() -> None:
    model = make_pipeline(FunctionTransformer(np.abs), FunctionTransformer(list), LogisticRegression())
    open_model = make_pipeline(FunctionTransformer(list), LogisticRegression())

    assert [column.kind for column in infer_schema(model.fit(NUMBERS, LABELS)).columns] == ["number", "number"]
    assert [column.kind for column in infer_schema(open_model.fit(NUMBERS, LABELS)).columns] == ["any", "any"]


def test_a_missing_value_of_the_imputers_own_is_known() -> None:
    impute = SimpleImputer(missing_values=" ?", strategy="most_frequent")
    encode = ColumnTransformer([("c", make_pipeline(impute, OneHotEncoder()), ["workclass"])])
    column = infer_schema(make_pipeline(encode, LogisticRegression()).fit(FRAME, LABELS)).columns[1]

    assert column.clean("?") == (" ?", True)


def test_scalers_hand_columns_on() -> None:
    model = make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=2)).fit(NUMBERS, LABELS)

    assert all(column.nullable for column in infer_schema(model).columns)


def test_a_column_that_the_model_drops_takes_anything() -> None:
    encode = ColumnTransformer([("numbers", "passthrough", ["age"])])
    columns = infer_schema(make_pipeline(encode, LogisticRegression()).fit(FRAME, LABELS)).columns

    assert [(column.kind, column.nullable) for column in columns] == [("number", False)] + [("any", True)] * 3


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(make_pipeline(TfidfVectorizer()), LogisticRegression()),
        make_pipeline(FeatureUnion([("a", TfidfVectorizer()), ("b", CountVectorizer())]), LogisticRegression()),
        CalibratedClassifierCV(make_pipeline(TfidfVectorizer(), LogisticRegression()), cv=2),
    ],
    ids=["nested", "union", "calibrated"],
)
def test_text_models_take_one_text_a_row(model: Any) -> None:
    assert infer_schema(model.fit(["a good one", "a bad one"] * 4, [1, 0] * 4)).form == "documents"


def test_a_model_that_takes_dicts_is_refused() -> None:
    model = make_pipeline(DictVectorizer(), LogisticRegression()).fit([{"a": 1}, {"a": 2}], [0, 1])

    with pytest.raises(SchemaError, match="takes dicts"):
        infer_schema(model)


def test_a_model_without_a_number_of_columns_needs_a_schema() -> None:
    with pytest.raises(SchemaError, match=r"schema\.json"):
        infer_schema(BaseEstimator())
