"""Facts about columns that a model does not state are inferred from its predictions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ml_census.engine.probe import probe_schema
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import Column, Schema

FRAME = pd.DataFrame({"age": [np.nan, 1.0, 2.0] * 20, "fare": np.linspace(0, 1, 60)})
LABELS = np.arange(60) % 2


class OpaqueEstimator(ClassifierMixin, BaseEstimator):
    """An estimator of another package: it states only the number of its columns, and takes a frame of numbers."""

    def __init__(self, accepts_missing: bool = True) -> None:
        self.accepts_missing = accepts_missing

    def fit(self, X: pd.DataFrame, y: Any) -> "OpaqueEstimator":  # noqa: N803
        self.classes_ = np.unique(y)
        self.feature_names_in_ = np.array(X.columns)
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        if any(dtype.kind not in "fi" for dtype in X.dtypes):
            raise ValueError("dtypes must be int or float")
        if X.isna().to_numpy().any() and not self.accepts_missing:
            raise ValueError("missing values")
        return self.classes_[np.zeros(len(X), dtype=int)]


OpaqueEstimator.__module__ = "another_package.models"


def month(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.apply(lambda column: column.dt.month)


def opposite(frame: pd.DataFrame) -> pd.DataFrame:
    return ~frame


def length(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.apply(lambda column: column.str.len())


def probed(model: Any) -> Schema:
    return probe_schema(model, infer_schema(model))


@pytest.mark.parametrize("accepts_missing", [True, False])
def test_types_and_nulls_of_an_opaque_estimator_are_probed(accepts_missing: bool) -> None:
    model = OpaqueEstimator(accepts_missing).fit(FRAME, LABELS)
    assert [column.type for column in infer_schema(model).columns] == ["any", "any"]

    columns = probed(model).columns

    assert [(column.type, column.nullable) for column in columns] == [("number", accepts_missing)] * 2


@pytest.mark.parametrize(
    ("function", "values", "column_type", "dtype"),
    [
        (month, pd.date_range("2024-01-01", periods=40, freq="17D"), "date", None),
        (opposite, [True, False] * 20, "category", "bool"),
        (length, ["a", "bc"] * 20, "text", None),
        (pd.DataFrame.abs, np.linspace(-1, 1, 40), "number", None),
    ],
    ids=["dates", "booleans", "text", "numbers"],
)
def test_type_of_a_column_behind_a_function_is_probed(
    function: Callable[[pd.DataFrame], pd.DataFrame], values: Any, column_type: str, dtype: str | None
) -> None:
    model = make_pipeline(FunctionTransformer(function), HistGradientBoostingClassifier(max_iter=2))
    model.fit(pd.DataFrame({"given": values}), [0, 1] * 20)

    (column,) = probed(model).columns

    assert (column.type, column.dtype) == (column_type, dtype)


def test_two_columns_of_different_types_are_probed_together() -> None:
    frame = pd.DataFrame({"when": pd.date_range("2024-01-01", periods=40, freq="17D"), "note": ["a", "bc"] * 20})
    parts = make_column_transformer((FunctionTransformer(month), ["when"]), (FunctionTransformer(length), ["note"]))
    model = make_pipeline(parts, LogisticRegression()).fit(frame, [0, 1] * 20)

    assert [column.type for column in probed(model).columns] == ["date", "text"]


class AcceptsAnything(BaseEstimator):
    """Predicts any row."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803
        return np.zeros(len(X))


def test_column_that_accepts_numbers_and_text_stays_open() -> None:
    schema = probe_schema(AcceptsAnything(), Schema((Column("a", "any"),), "frame"))

    assert schema.columns[0].type == "any"


def test_many_open_columns_are_tried_the_same_type() -> None:
    frame = pd.DataFrame({name: ["a", "bc"] * 20 for name in "abcdef"})
    model = make_pipeline(FunctionTransformer(length), LogisticRegression()).fit(frame, [0, 1] * 20)

    assert {column.type for column in probed(model).columns} == {"text"}


def test_probed_schema_gives_the_models_own_predictions() -> None:
    model = OpaqueEstimator().fit(FRAME, LABELS)
    schema = probed(model)
    rows = schema.validate_rows(FRAME.astype(object).where(FRAME.notna(), None).to_numpy().tolist())

    assert SklearnPredictor(model, schema).predict(rows.columns) == model.predict(FRAME).tolist()
