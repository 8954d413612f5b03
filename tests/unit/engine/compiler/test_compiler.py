"""Models with a rule are compiled, and predict as scikit-learn's own predict and predict_proba."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.sklearn_output import squeeze_single_target
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from support.comparison import assert_same_predictions, is_rejected, single_rows
from support.compile_cases import CASES, by_kind
from support.compile_data import CompileCase

pytestmark = [  # scikit-learn warns at edge rows
    pytest.mark.filterwarnings("ignore:Found unknown categories in columns"),
    pytest.mark.filterwarnings("ignore:overflow encountered in exp:RuntimeWarning"),
]


@cache
def case(name: str) -> CompileCase:
    return CASES[name]()


@cache
def original_of(name: str) -> SklearnPredictor:
    return case(name).original()


@cache
def compiled_of(name: str) -> CompiledPredictor:
    original = original_of(name)
    return compile_model(original.model, original.schema)


def predictions_of(name: str) -> list[Any]:
    """Return the predictions of the model itself, without SklearnPredictor."""
    return squeeze_single_target(case(name).model.predict(case(name).inputs).tolist())


@pytest.mark.parametrize("name", by_kind(CASES))
def test_compiled_model_predicts_as_sklearn(name: str) -> None:
    """The kernel has a function for few rows, and one for many."""
    original, compiled, expected = original_of(name), compiled_of(name), predictions_of(name)
    columns = original.schema.validate_rows(case(name).rows()).columns

    for count in (1, 5, 300):
        first = [values[:count] for values in columns]
        assert_same_predictions(compiled, original, first)
        if compiled.classes:
            assert compiled.predict(first) == expected[:count]
        else:
            np.testing.assert_allclose(compiled.predict(first), expected[:count], rtol=1e-9)


@pytest.mark.parametrize("name", by_kind(CASES))
def test_compiled_model_predicts_edge_values_as_sklearn(name: str) -> None:
    """Rows that scikit-learn rejects are rejected by the compiled model as well."""
    original, compiled = original_of(name), compiled_of(name)
    edges = original.schema.validate_rows(case(name).edge_rows()).columns

    for columns in single_rows(edges) if is_rejected(original, edges) else [edges]:
        if is_rejected(original, columns):
            assert is_rejected(compiled, columns), columns
        else:
            assert_same_predictions(compiled, original, columns)


def test_filled_value_that_equals_a_threshold_goes_left() -> None:
    model = make_pipeline(SimpleImputer(strategy="constant", fill_value=2.0), DecisionTreeClassifier())
    model.fit([[1.0], [3.0]], [0, 1])
    assert model[-1].tree_.threshold[0] == 2.0

    compiled = compile_model(model, infer_schema(model))

    assert compiled.predict([[np.nan]]) == model.predict([[np.nan]]).tolist() == [0]
