"""Classifiers with a threshold are compiled, with the comparison that scikit-learn makes."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import FixedThresholdClassifier
from xgboost import XGBClassifier

from support.compile_cases_composed import THRESHOLDS
from support.compile_data import LABELS, NUMBERS, CompileCase, forest_of
from support.composed import assert_is_compiled, case, verified


@pytest.mark.parametrize("name", THRESHOLDS)
def test_threshold_is_compiled_and_verified(name: str) -> None:
    assert_is_compiled(case(name))


def test_classes_and_probabilities_differ_by_the_threshold() -> None:
    model = FixedThresholdClassifier(forest_of(), threshold=0.9).fit(NUMBERS, LABELS)
    compiled = verified(CompileCase(model, NUMBERS))
    columns = compiled.schema.validate_rows(NUMBERS.tolist()).columns

    second = np.array(compiled.probabilities(columns))[:, 1]

    assert compiled.predict(columns) == (second >= 0.9).astype(int).tolist()
    assert ((second > 0.5) & (second < 0.9)).any()


@pytest.mark.parametrize("is_float64", [True, False])
def test_threshold_between_float32_and_float64_is_compared_as_numpy_does(is_float64: bool) -> None:
    """NumPy compares a float32 probability with a Python float as float32, and with an np.float64 as float64."""
    model = FixedThresholdClassifier(XGBClassifier(n_estimators=3, max_depth=2)).fit(NUMBERS, LABELS)
    single = model.estimator_.predict_proba(NUMBERS)[0, 1]
    above = np.nextafter(np.float64(single), 1.0)
    model.threshold = above if is_float64 else float(above)
    compiled = verified(CompileCase(model, NUMBERS))

    (predicted,) = compiled.predict(compiled.schema.validate_rows(NUMBERS[:1].tolist()).columns)

    assert predicted == model.predict(NUMBERS[:1])[0] == int(not is_float64)


def test_probability_that_equals_the_threshold_is_positive() -> None:
    forest = RandomForestClassifier(4, max_depth=2, random_state=0).fit(NUMBERS, LABELS)
    threshold = forest.predict_proba(NUMBERS)[0, 1]
    model = FixedThresholdClassifier(forest, threshold=threshold).fit(NUMBERS, LABELS)
    compiled = verified(CompileCase(model, NUMBERS))

    assert compiled.predict(compiled.schema.validate_rows(NUMBERS[:1].tolist()).columns) == [1]
