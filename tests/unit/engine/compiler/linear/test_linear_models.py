"""Linear models predict with the links of their losses, and a model that draws its predictions is not compiled."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, SGDClassifier

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.runtime.links import LINKS
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.schema_inference import infer_schema
from support.compile_cases_linear import CASES, scaled
from support.compile_data import LABELS, NUMBERS


class RoundedRegression(LinearRegression):
    """A subclass of a known model that predicts something else."""

    def predict(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        return np.round(super().predict(X))


@pytest.mark.parametrize(
    "name",
    [
        "SGDClassifier(loss='modified_huber', random_state=0), multi-class",
        "LinearDiscriminantAnalysis(), two classes",
        "PoissonRegressor()",
        "PLSRegression(n_components=1) of several outputs",
        "SGDOneClassSVM",
        "DummyClassifier(), multi-class",
        "RANSACRegressor of a pipeline",
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in exp:RuntimeWarning")
def test_compiled_form_is_verified(name: str) -> None:
    _, engine = compile_and_verify(CASES[name]().original())

    assert engine.kind == "compiled", engine


@pytest.mark.parametrize("strategy", ["stratified", "uniform"])
def test_dummy_classifier_that_draws_is_not_compiled(strategy: str) -> None:
    case = scaled(DummyClassifier(strategy=strategy), LABELS)()

    with pytest.raises(UnsupportedModelError, match=f"no rule for a DummyClassifier with the strategy {strategy}"):
        compile_model(case.model, case.schema)


def test_subclass_of_a_linear_model_is_not_compiled() -> None:
    model = RoundedRegression().fit(NUMBERS, LABELS)

    predictor, _ = compile_and_verify(original := SklearnPredictor(model, infer_schema(model)))

    assert predictor is original


def test_classifier_with_hinge_loss_has_no_probabilities() -> None:
    case = scaled(SGDClassifier(loss="hinge", random_state=0), LABELS)()

    assert not compile_model(case.model, case.schema).has_probabilities


def test_outlier_detector_predicts_whole_numbers() -> None:
    case = CASES["SGDOneClassSVM"]()
    compiled = compile_model(case.model, case.schema)

    predictions = compiled.predict(case.schema.validate_rows(case.rows()).columns)

    assert {(type(value), value) for value in predictions} == {(int, 1), (int, -1)}
    assert LINKS["outlier"](np.array([[0.0]])).tolist() == [[1]]
