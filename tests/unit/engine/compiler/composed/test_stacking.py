"""Stacking estimators are compiled: the final estimator takes the results of the others as columns."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import StackingClassifier
from xgboost import XGBClassifier

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.models.schema_inference import infer_schema
from support.compile_cases_stacking import CASES
from support.compile_data import LABELS, NUMBERS, tree
from support.composed import assert_is_compiled, case

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories in columns")  # by scikit-learn, at edge rows
EXACT = {
    "StackingClassifier of names",
    "StackingClassifier before a tree",
    "StackingClassifier of classes",
    "StackingClassifier of XGBoost before a tree",
    "StackingClassifier before XGBoost",
    "StackingClassifier of fitted models",
    "StackingClassifier of stacking estimators",
    "StackingClassifier before calibration",
    "StackingRegressor before a forest",
    "StackingRegressor with its columns",
}
"""Cases without a linear model, whose last bit must be equal."""


@pytest.mark.parametrize("name", CASES)
def test_stacking_is_compiled_and_verified(name: str) -> None:
    assert_is_compiled(case(name), is_exact=name in EXACT)


def refused(estimator: Any, labels: Any, match: str, **settings: Any) -> None:
    model = StackingClassifier([("a", estimator)], **settings).fit(NUMBERS, labels)

    with pytest.raises(UnsupportedModelError, match=match):
        compile_model(model, infer_schema(model))


def test_linear_model_of_float32_alone_is_refused() -> None:
    """scikit-learn computes such a linear model in float32."""
    match = "^no rule for a StackingClassifier of XGBoost before a linear model$"

    refused(XGBClassifier(n_estimators=2), LABELS, match, cv=2)


def test_text_classes_as_columns_are_refused() -> None:
    labels = np.where(LABELS, "1", "0")
    match = "^no rule for a StackingClassifier of text classes$"

    refused(tree().fit(NUMBERS, labels), labels, match, cv="prefit", stack_method="predict", final_estimator=tree())
