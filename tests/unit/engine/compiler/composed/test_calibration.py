"""CalibratedClassifierCV is compiled with each of its methods."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.models.schema_inference import infer_schema
from support.compile_cases_ensembles import CALIBRATED, calibrated
from support.compile_data import LABELS, NUMBERS, THREE, tree
from support.composed import assert_is_compiled, case

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories in columns")  # by scikit-learn, at edge rows
WITHIN_TOLERANCE = {
    "CalibratedClassifierCV of scores",
    "CalibratedClassifierCV of bagging",
    "CalibratedClassifierCV, temperature, linear",
}


@pytest.mark.parametrize("name", CALIBRATED)
def test_calibration_is_compiled_and_verified(name: str) -> None:
    """The probabilities equal those of scikit-learn to the last bit, unless the members are linear."""
    assert_is_compiled(case(name), is_exact=name not in WITHIN_TOLERANCE)


def test_estimators_of_other_classes_are_refused() -> None:
    model = CalibratedClassifierCV(tree(), cv=2).fit(NUMBERS, THREE)
    model.calibrated_classifiers_[0].estimator = tree().fit(NUMBERS, LABELS)

    with pytest.raises(UnsupportedModelError, match="^no rule for a CalibratedClassifierCV whose estimators know"):
        compile_model(model, infer_schema(model))


def test_decision_that_is_not_compiled_is_refused() -> None:
    """The compiled form of QuadraticDiscriminantAnalysis has two scores in place of one decision."""
    model = calibrated(QuadraticDiscriminantAnalysis()).model

    with pytest.raises(UnsupportedModelError, match="^no rule for decision_function of a Quadratic"):
        compile_model(model, infer_schema(model))


def test_points_of_isotonic_regression_end_at_its_bounds() -> None:
    """The compiled form clips scores to the first and the last point, scikit-learn to X_min_ and X_max_."""
    model = case("CalibratedClassifierCV, isotonic, multi-class").model[-1]
    calibrators = [each for member in model.calibrated_classifiers_ for each in member.calibrators]

    for each in calibrators:
        assert (each.X_thresholds_[0], each.X_thresholds_[-1]) == (each.X_min_, each.X_max_)
        assert (np.diff(each.X_thresholds_) > 0).all()
