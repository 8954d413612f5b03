"""Columns of many categories: memory and time grow with their number, not with its square."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.compiler.linear.linear_compiler import MAX_TABLE_FEATURES
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.linear.linear_model import LinearModel
from ml_census.engine.runtime.serialization import from_bytes, to_bytes
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.pickles.predictor_factory import learn_schema

COUNT = MAX_TABLE_FEATURES + 500
ZIPS = [f"{number:05d}" for number in range(COUNT)]
FRAME = pd.DataFrame({"zip": ZIPS, "x": np.linspace(-1, 1, COUNT), "few": ["a", "b", "c"] * (COUNT // 3)})
LABELS = np.arange(COUNT) % 3


def fitted(encoder: Any, model: Any, *steps: Any) -> Any:
    encode = make_column_transformer(
        (encoder, ["zip"]), (OneHotEncoder(handle_unknown="ignore"), ["few"]), remainder="passthrough"
    )
    return make_pipeline(encode, *steps, model).fit(FRAME, LABELS)


@pytest.mark.parametrize(
    "model",
    [
        fitted(OneHotEncoder(handle_unknown="ignore"), LogisticRegression(tol=1)),
        fitted(OneHotEncoder(handle_unknown="ignore"), Ridge()),
        fitted(OneHotEncoder(drop="first"), LogisticRegression(tol=1)),
        fitted(OneHotEncoder(handle_unknown="ignore"), Ridge(), StandardScaler(with_mean=False)),
        fitted(OneHotEncoder(sparse_output=False, handle_unknown="ignore"), Ridge(), StandardScaler()),
        fitted(OneHotEncoder(max_categories=MAX_TABLE_FEATURES + 200, handle_unknown="infrequent_if_exist"), Ridge()),
        fitted(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier(max_leaf_nodes=50, random_state=0)),
        fitted(
            OneHotEncoder(sparse_output=False),
            DecisionTreeRegressor(max_leaf_nodes=50, random_state=0),
            MinMaxScaler(),
        ),
        fitted(
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), DecisionTreeRegressor(max_depth=9)
        ),
    ],
    ids=["ignore", "regression", "drop", "scaled", "centred", "infrequent", "tree", "scaled tree", "ordinal"],
)
def test_model_of_many_categories_is_compiled_and_stored(model: Any) -> None:
    original = SklearnPredictor(model, learn_schema(model))

    compiled, engine = compile_and_verify(original)

    assert isinstance(compiled, CompiledPredictor), engine
    read = from_bytes(to_bytes(compiled), original.schema)
    columns = original.schema.validate_rows(FRAME.to_numpy().tolist()).columns
    assert read.predict(columns) == pytest.approx(model.predict(FRAME))


def test_only_columns_beyond_the_table_limit_are_folded() -> None:
    model = fitted(OneHotEncoder(handle_unknown="ignore"), Ridge())

    scoring = compile_model(model, learn_schema(model)).scoring

    assert isinstance(scoring, LinearModel)
    assert [folded.encoder.column for folded in scoring.folded] == [0]
    assert scoring.weights.shape == (4,)
