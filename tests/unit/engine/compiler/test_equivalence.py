"""A compiled model serves only if it predicts as scikit-learn on sampled rows; else scikit-learn itself serves."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import NotEquivalentError, compile_and_verify, verify_equivalence
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.linear.linear_model import LinearModel
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from ml_census.schema import Column, Schema
from support.compile_cases import CASES
from support.compile_data import LABELS, NUMBERS


def scaled_logistic() -> SklearnPredictor:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(NUMBERS, LABELS)
    return SklearnPredictor(model, infer_schema(model))


@pytest.mark.parametrize(
    "name",
    [
        "LabelBinarizer of both",
        "one-hot of numbers",
        "one-hot of bools",
        "one-hot, drop first, unknown ignored",
        "one-hot, a missing category",
        "one-hot, NaN as a category",
        "one-hot of numbers with NaN",
        "ordinal, missing is -2",
        "ordinal, missing and unknown are NaN",
        "categories for missing, with an indicator",
        "RandomForestClassifier, trained on missing",
        pytest.param("RandomForestClassifier of 200 columns", marks=pytest.mark.slow),
        "HistGradientBoostingClassifier, categories with missing",
        "HistGradientBoostingClassifier, categories by index with missing",
        "HistGradientBoostingClassifier after an encoder",
        "LogisticRegression after everything",
        "RandomForestRegressor of several outputs",
        "LinearRegression() of several outputs",
    ],
)
@pytest.mark.filterwarnings("ignore:Found unknown categories in columns")
def test_compiled_model_is_verified_on_rows_of_its_schema(name: str) -> None:
    """The rows have missing values, unknown categories and extreme numbers where the schema allows them."""
    original = CASES[name]().original()
    compiled = compile_model(original.model, original.schema)

    assert verify_equivalence(compiled, original) > 2000
    assert isinstance(compile_and_verify(original)[0], CompiledPredictor)


@pytest.mark.parametrize(
    "error", [KeyError("x"), OSError("no kernel"), AttributeError("another name"), RecursionError()]
)
def test_exception_of_the_compiler_falls_back_to_sklearn(error: Exception) -> None:
    def fail(model: Any, schema: Any) -> CompiledPredictor:
        raise error

    original = scaled_logistic()

    predictor, engine = compile_and_verify(original, compiler=fail)

    assert predictor is original
    reason = rf"compilation failed \({type(error).__name__} at test_equivalence.py:[0-9]+\)"
    assert re.search(reason, str(engine))


def test_memory_error_of_the_compiler_is_raised() -> None:
    def fail(model: Any, schema: Any) -> CompiledPredictor:
        raise MemoryError

    with pytest.raises(MemoryError):
        compile_and_verify(scaled_logistic(), compiler=fail)


class WrongAtOneNumber(LinearModel):
    """Has the opposite scores at one number, far from all others and from any threshold."""

    def scores(self, columns: Any) -> np.ndarray:
        scores = super().scores(columns)
        return np.where(np.array(columns[0])[:, np.newaxis] == 12345.678, -scores, scores)


def test_golden_rows_find_what_sampled_rows_do_not() -> None:
    original = scaled_logistic()
    compiled = compile_model(original.model, original.schema)
    linear = compiled.scoring
    assert isinstance(linear, LinearModel)
    wrong = replace(compiled, scoring=WrongAtOneNumber(linear.tables, linear.numbers, linear.weights, linear.base))

    assert verify_equivalence(wrong, original) > 2000
    with pytest.raises(NotEquivalentError, match="^predictions differ on golden rows$"):
        verify_equivalence(wrong, original, [[12345.678], [0.5]])


def test_model_that_rejects_all_generated_rows_is_not_verified() -> None:
    """The logarithm of the generated numbers, which are below 1e8, exists only four times or less."""
    model = make_pipeline(*[FunctionTransformer(np.log) for _ in range(5)], LinearRegression())
    model.fit([[1e300], [1e301], [1e302]], [1, 2, 3])
    original = SklearnPredictor(model, Schema((Column(0, "number"),), "numbers"))

    predictor, engine = compile_and_verify(original)

    assert predictor is original
    assert engine.reason == "both models reject rows made from the schema, so no predictions are compared"
