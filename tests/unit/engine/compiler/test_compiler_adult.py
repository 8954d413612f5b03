"""Training pipelines on UCI Adult: the compiled model predicts all of adult.test as scikit-learn."""

import os
from collections.abc import Iterator
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.serialization import from_bytes, to_bytes
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import Columns
from ml_census.training.census import datasets
from ml_census.training.census.adult import COLUMNS
from ml_census.training.census.pipelines import RECIPES

pytestmark = pytest.mark.adult


@pytest.fixture(scope="module")
def adult() -> datasets.Dataset:
    return datasets.load(os.environ["ADULT_DATA"])


def one_hot(model: Any) -> Any:
    """Return a pipeline of a one-hot encoder for text columns, and the model."""
    encoder = OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")
    return make_pipeline(ColumnTransformer([("c", *encoder)], remainder="passthrough"), model)


def typed(table: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Return the table with pandas categories in place of text, those of the table `like`."""
    texts = like.select_dtypes(exclude="number")
    return table.astype({name: pd.CategoricalDtype(sorted(texts[name].unique())) for name in texts})


BOOSTERS: dict[str, tuple[Any, bool]] = {
    "XGBoost after one-hot": (one_hot(xgboost.XGBClassifier(n_estimators=100)), False),
    "XGBoost, categories": (xgboost.XGBClassifier(n_estimators=100, enable_categorical=True), True),
    "LightGBM after one-hot": (one_hot(lightgbm.LGBMClassifier(verbose=-1)), False),
    "LightGBM, categories": (lightgbm.LGBMClassifier(verbose=-1), True),
}


@pytest.mark.parametrize("name", BOOSTERS)
@pytest.mark.filterwarnings("ignore:Found unknown categories in columns")
def test_booster_predicts_adult_test_as_its_library(adult: datasets.Dataset, name: str) -> None:
    """Predictions and probabilities of all rows are equal to the last bit, also after compiled.npz was read."""
    model, is_typed = BOOSTERS[name]
    train, test = ((typed(table, adult.train) if is_typed else table) for table in (adult.train, adult.test))
    model.fit(train, adult.train_labels)
    original = SklearnPredictor(model, learn_schema(model))
    columns = original.schema.validate_rows(adult.test.to_numpy().tolist()).columns
    assert len(columns[0]) == 16_281

    predictor, engine = compile_and_verify(original)

    assert isinstance(predictor, CompiledPredictor), engine
    read = from_bytes(to_bytes(predictor), original.schema)
    assert read.predict(columns) == model.predict(test).tolist()
    assert read.probabilities(columns) == model.predict_proba(test).tolist()


@pytest.fixture(scope="module", params=["article", "boosted"])
def fitted(request: pytest.FixtureRequest, adult: datasets.Dataset) -> Iterator[tuple[SklearnPredictor, Columns]]:
    """Return a pipeline that was trained on adult.data, and the rows of adult.test."""
    model = RECIPES[request.param].fit(adult.train, adult.train_labels)
    original = SklearnPredictor(model, infer_schema(model, COLUMNS))
    yield original, original.schema.validate_rows(adult.test.to_numpy().tolist()).columns


def test_compiled_model_predicts_adult_test_as_sklearn(fitted: tuple[SklearnPredictor, Columns]) -> None:
    """Also after compiled.npz was written and read, and in requests of other sizes."""
    original, columns = fitted
    assert len(columns[0]) == 16_281

    predictor, engine = compile_and_verify(original)

    assert isinstance(predictor, CompiledPredictor), engine
    tolerance = 0 if predictor.link == "identity" else 1e-9
    labels, probabilities = original.predict(columns), np.array(original.probabilities(columns))
    assert predictor.predict(columns) == labels
    np.testing.assert_allclose(predictor.probabilities(columns), probabilities, rtol=tolerance, atol=tolerance)
    read = from_bytes(to_bytes(predictor), original.schema)
    for size in (1, 5, 63, 64):
        for start in range(0, 16_281 - size, 997):
            part = [values[start : start + size] for values in columns]
            assert read.predict(part) == labels[start : start + size]
            actual = read.probabilities(part)
            np.testing.assert_allclose(actual, probabilities[start : start + size], rtol=tolerance, atol=tolerance)
