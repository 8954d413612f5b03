"""Support vector machines with a linear kernel are compiled and verified. Others have a reason."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.svm import SVC, SVR, NuSVC

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.runtime.composition import DECISION, PREDICT, Composition
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.models.schema_inference import infer_schema
from support.compile_cases_support_vectors import CASES, FIVE
from support.compile_data import LABELS, NUMBERS


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:Found unknown categories in columns")
def test_compiled_machine_is_verified(name: str) -> None:
    _, engine = compile_and_verify(CASES[name]().original())

    assert engine.kind == "compiled", engine


@pytest.mark.parametrize("settings", [{}, {"decision_function_shape": "ovo"}], ids=str)
def test_decision_of_several_classes_is_that_of_scikit_learn(settings: dict[str, Any]) -> None:
    """A composed estimator such as CalibratedClassifierCV reads this result."""
    model = SVC(kernel="linear", **settings).fit(NUMBERS, FIVE)
    scoring = compile_model(model, infer_schema(model)).scoring
    assert isinstance(scoring, Composition)

    rows = np.random.default_rng(0).normal(
        40, 20, size=(300, 2)
    )  # the score of some training rows is 0 but for rounding

    decision = replace(scoring, outputs={PREDICT: scoring.outputs[DECISION]}).scores(rows.T.tolist())

    np.testing.assert_allclose(decision, model.decision_function(rows), rtol=1e-9, atol=1e-9)


def test_machine_inside_a_composed_estimator_is_compiled() -> None:
    model = FixedThresholdClassifier(SVC(kernel="linear"), threshold=0.3).fit(NUMBERS, LABELS)

    _, engine = compile_and_verify(SklearnPredictor(model, learn_schema(model)))

    assert engine.kind == "compiled", engine


def test_machine_that_breaks_ties_of_classes_is_not_compiled() -> None:
    """The sums of large scores cancel: their rounding decides the class."""
    model = SVC(kernel="linear", break_ties=True).fit(NUMBERS, FIVE)

    with pytest.raises(UnsupportedModelError, match="no rule for a SVC with break_ties=True"):
        compile_model(model, infer_schema(model))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (SVC(), "no rule for SVC: the model compares each row with training rows"),
        (SVR(kernel="poly"), "no rule for SVR: the model compares each row with training rows"),
        (SVC(kernel="linear", probability=True), "no rule for the probabilities of a SVC"),
        (NuSVC(kernel="linear", nu=0.1, probability=True), "no rule for the probabilities of a NuSVC"),
    ],
    ids=["rbf", "poly", "probabilities", "probabilities, nu"],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_other_machine_is_not_compiled(model: Any, reason: str) -> None:
    model.fit(NUMBERS, LABELS)

    with pytest.raises(UnsupportedModelError, match=reason):
        compile_model(model, infer_schema(model))
