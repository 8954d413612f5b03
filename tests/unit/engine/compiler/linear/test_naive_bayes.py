"""Naive Bayes models are verified on rows of their schema, or the reason names what does not compile."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.compiler.linear.linear_compiler import MAX_TABLE_FEATURES
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.predictor import PredictionError
from ml_census.models.pickles.predictor_factory import learn_schema
from support.compile_cases_bayes import CASES
from support.compile_data import CATEGORIES, CODES, FRAME, LABELS, columns_of, of_frame


@pytest.mark.parametrize(
    "name",
    [
        "GaussianNB of 12 columns",
        "QuadraticDiscriminantAnalysis of 12 columns",
        "MultinomialNB, two classes",
        "BernoulliNB after a Binarizer",
        "CategoricalNB of unknown categories",
        "ComplementNB() of categories",
    ],
)
@pytest.mark.filterwarnings("ignore:Found unknown categories in columns")
def test_compiled_form_is_verified(name: str) -> None:
    _, engine = compile_and_verify(CASES[name]().original())

    assert engine.kind == "compiled", engine


@pytest.mark.parametrize(
    ("number", "is_accepted"), [(-1, False), (-0.9, True), (1.5, True), (90, False), (1e12, False)]
)
def test_number_without_a_table_row_is_rejected(number: float, is_accepted: bool) -> None:
    """scikit-learn cuts fractions, and rejects other numbers than 0 ... n."""
    case = CASES["CategoricalNB of numbers"]()
    compiled, columns = compile_model(case.model, case.schema), [[number], [10.0]]

    if is_accepted:
        assert compiled.probabilities(columns) == pytest.approx(case.model.predict_proba(np.transpose(columns)))
    else:
        with pytest.raises(PredictionError):
            compiled.predict(columns)
        with pytest.raises((ValueError, IndexError)):
            case.model.predict(np.transpose(columns))


def test_category_that_the_model_rejects_is_named() -> None:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    case = of_frame(columns_of((encoder, CATEGORIES), remainder="drop"), CategoricalNB())

    with pytest.raises(UnsupportedModelError, match="CategoricalNB rejects a category of column workclass"):
        compile_model(case.model, case.schema)


def test_scaled_numbers_of_a_lookup_are_not_compiled() -> None:
    model = make_pipeline(MinMaxScaler(), CategoricalNB()).fit(CODES, LABELS)

    with pytest.raises(UnsupportedModelError, match="no rule for a CategoricalNB of column 0"):
        compile_model(model, learn_schema(model))


def test_features_of_too_many_categories_are_not_compiled() -> None:
    count = MAX_TABLE_FEATURES + 1
    frame = pd.DataFrame({"zip": [f"{number:05d}" for number in range(count)]})
    encode = make_column_transformer((OneHotEncoder(sparse_output=False), ["zip"]))
    model = make_pipeline(encode, GaussianNB()).fit(frame, np.arange(count) % 2)

    with pytest.raises(UnsupportedModelError, match="column zip has more than 1000 features"):
        compile_model(model, learn_schema(model))


def test_categories_of_a_frame_reach_the_tables() -> None:
    case = CASES["CategoricalNB after an encoder"]()

    compiled = compile_model(case.model, case.schema)

    columns = case.schema.validate_rows(case.rows()).columns
    assert compiled.predict(columns) == case.model.predict(FRAME).tolist()
