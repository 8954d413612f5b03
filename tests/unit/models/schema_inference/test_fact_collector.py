"""Steps and estimators state which columns are numbers, categories, text, nullable or dropped."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import RFE, RFECV
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Binarizer, FunctionTransformer, OneHotEncoder, SplineTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ml_census.models.schema_inference import infer_schema
from ml_census.models.schema_inference.fact_collector import FactCollector
from ml_census.schema import Column
from support.sample_models import FRAME as CENSUS
from support.sample_models import LABELS as CENSUS_LABELS

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {"age": np.where(RANDOM.random(200) < 0.3, np.nan, RANDOM.random(200)), "fare": RANDOM.random(200)}
)
COMPLETE = FRAME.fillna(0)
LABELS = (FRAME["age"].isna() ^ (FRAME["fare"] > 0.8)).to_numpy()
TWO_LABELS = np.column_stack([LABELS, ~LABELS])


def column_types(model: Any) -> list[tuple[str, bool]]:
    """Return type and nullable of each column that is inferred."""
    return [(column.type, column.nullable) for column in infer_schema(model).columns]


def census_columns(*parts: Any) -> tuple[Column, ...]:
    """Return the columns of a model after a ColumnTransformer of the census."""
    transformer = ColumnTransformer([(f"part{index}", *part) for index, part in enumerate(parts)])
    return infer_schema(make_pipeline(transformer, LogisticRegression()).fit(CENSUS, CENSUS_LABELS)).columns


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(10, random_state=0),
        RandomForestRegressor(10, random_state=0),
        ExtraTreesRegressor(10, random_state=0),
        DecisionTreeClassifier(random_state=0),
        RFE(RandomForestClassifier(5, random_state=0), n_features_to_select=2),
        MultiOutputClassifier(RandomForestClassifier(5, random_state=0)),
        CalibratedClassifierCV(RandomForestClassifier(5, random_state=0), cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_trees_are_nullable_where_they_learnt_missing_values(model: Any) -> None:
    labels = TWO_LABELS if isinstance(model, MultiOutputClassifier) else LABELS

    assert column_types(model.fit(FRAME, labels)) == [("number", True), ("number", False)]


@pytest.mark.parametrize(
    ("model", "nullable"),
    [
        (make_pipeline(SimpleImputer(), LogisticRegression()), True),
        (make_pipeline(KNNImputer(), LogisticRegression()), True),
        (make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=2)), True),
        (make_pipeline(FunctionTransformer(np.log1p), HistGradientBoostingClassifier(max_iter=2)), True),
        (
            make_pipeline(FunctionTransformer(np.log1p, validate=True), HistGradientBoostingClassifier(max_iter=2)),
            False,
        ),
        (make_pipeline(SplineTransformer(handle_missing="zeros"), LogisticRegression()), True),
        (make_pipeline(SplineTransformer(), LogisticRegression()), False),
        (make_pipeline(Binarizer(), HistGradientBoostingClassifier(max_iter=2)), False),
        (HistGradientBoostingClassifier(max_iter=2), True),
        (RandomForestClassifier(30, random_state=0), False),
        (LogisticRegression(), False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_only_steps_that_use_missing_values_are_nullable(model: Any, nullable: bool) -> None:
    assert column_types(model.fit(COMPLETE, LABELS)) == [("number", nullable)] * 2


def test_feature_elimination_requires_numbers_where_it_drops() -> None:
    assert column_types(RFECV(LogisticRegression(), cv=2).fit(COMPLETE, LABELS)) == [("number", False)] * 2


def test_bagging_follows_the_features_of_each_estimator() -> None:
    model = BaggingClassifier(make_pipeline(SimpleImputer(), LogisticRegression()), 2, max_features=1, random_state=1)
    model.fit(FRAME, LABELS)
    used = {int(index) for features in model.estimators_features_ for index in features}
    collector = FactCollector()

    collector.visit(model, [0, 1])

    assert collector.facts.nullable == used


def test_bagging_after_an_encoder_knows_its_columns() -> None:
    encode = make_column_transformer((OneHotEncoder(), ["workclass"]), ("passthrough", ["age"]))
    model = make_pipeline(encode, BaggingClassifier(n_estimators=2)).fit(CENSUS, CENSUS_LABELS)

    assert [column.type for column in infer_schema(model).columns] == ["number", "category", "any", "any"]


def test_encoder_that_raises_on_unknown_categories_rejects_them() -> None:
    age, workclass, *_ = census_columns((OneHotEncoder(), ["workclass"]))

    assert workclass.reject_unknown
    assert (age.type, age.dropped) == ("any", True)


def test_encoder_that_learnt_missing_values_is_nullable() -> None:
    values = np.array([["a"], [None], ["b"]] * 4, dtype=object)
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(values, [0, 1, 0] * 4)

    assert infer_schema(model).columns[0].nullable


def test_imputers_spelling_of_a_missing_value_is_a_category() -> None:
    impute = SimpleImputer(missing_values=" ?", strategy="most_frequent")
    column = census_columns((make_pipeline(impute, OneHotEncoder()), ["workclass"]))[1]

    assert column.validate("?") == (" ?", True)


def test_unknown_step_leaves_its_columns_open() -> None:
    known = make_pipeline(FunctionTransformer(np.abs), FunctionTransformer(list), LogisticRegression())
    unknown = make_pipeline(FunctionTransformer(list), LogisticRegression())
    rows = COMPLETE.to_numpy()

    assert column_types(known.fit(rows, LABELS)) == [("number", False)] * 2
    assert column_types(unknown.fit(rows, LABELS)) == [("any", False)] * 2


def test_columns_that_no_part_uses_are_dropped() -> None:
    columns = census_columns(("passthrough", ["age"]))

    assert [(column.type, column.nullable) for column in columns] == [("number", False)] + [("any", True)] * 3
    assert [column.dropped for column in columns] == [False, True, True, True]


def test_column_that_another_part_uses_is_not_dropped() -> None:
    columns = census_columns(("drop", ["age"]), (StandardScaler(), ["age", "education-num"]))

    assert not columns[0].dropped


def test_text_column_among_others_is_text() -> None:
    frame = pd.DataFrame({"note": ["good work", "bad work"] * 20, "age": range(40)})
    encode = make_column_transformer((TfidfVectorizer(), "note"), ("passthrough", ["age"]))

    assert column_types(make_pipeline(encode, LogisticRegression()).fit(frame, [0, 1] * 20)) == [
        ("text", False),
        ("number", False),
    ]
