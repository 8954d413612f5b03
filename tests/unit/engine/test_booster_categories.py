"""The categories of LightGBM and XGBoost models are read from their boosters."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from ml_census.engine.booster_categories import categories
from ml_census.models.pickles.predictor_factory import add_dtypes, learn_schema
from ml_census.schema import Column, Schema


class Booster:
    """The attributes of a LightGBM booster that was trained on a DataFrame with a column of the dtype category."""

    pandas_categorical = (["y", "x"],)
    params = {"categorical_column": [1]}  # noqa: RUF012


class LightGbmModel(ClassifierMixin, BaseEstimator):
    """Accepts only the dtypes of its training, as LightGBM does."""

    booster_ = Booster()
    n_features_in_ = 2
    feature_names_in_ = np.array(["age", "sex"])

    def predict(self, X: pd.DataFrame) -> list[str]:  # noqa: N803
        if [str(dtype) for dtype in X.dtypes] != ["float64", "category"]:
            raise ValueError("train and valid dataset categorical_feature do not match.")
        return ["a"] * len(X)


LightGbmModel.__module__ = "lightgbm.sklearn"


class XgboostBooster:
    """The attributes of an XGBoost booster for columns of numbers, text categories and numeric categories."""

    feature_types = ("float", "c", "c")

    def save_raw(self, format: str) -> bytes:
        text = "äbc".encode()
        encoded: list[dict[str, Any]] = [
            {"values": []},
            {"values": [byte - 256 if byte > 127 else byte for byte in text], "offsets": [0, 2, 4]},
            {"values": [10, 20]},
        ]
        return json.dumps({"learner": {"gradient_booster": {"model": {"cats": {"enc": encoded}}}}}).encode()


class XgboostModel:
    def get_booster(self) -> XgboostBooster:
        return XgboostBooster()


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (LightGbmModel(), {1: ["y", "x"]}),
        (XgboostModel(), {1: ["ä", "bc"], 2: [10, 20]}),
        (BaseEstimator(), {}),
    ],
    ids=["LightGBM", "XGBoost", "other"],
)
def test_categories_are_by_column_in_the_models_order(model: Any, expected: dict[int, list[Any]]) -> None:
    assert categories(model) == expected


def test_schema_of_a_booster_has_dtype_and_order_of_categories() -> None:
    age, sex = learn_schema(LightGbmModel()).columns

    assert (age.type, age.nullable) == ("number", True)
    assert (sex.type, sex.categories, sex.dtype, sex.nullable) == ("category", ("y", "x"), "category", True)


def test_schema_without_dtypes_gets_those_of_the_model() -> None:
    given = Schema((Column("age", "number"), Column("sex", "category", ("x", "y"))), "frame")

    assert [column.dtype for column in add_dtypes(LightGbmModel(), given).columns] == [None, "category"]
