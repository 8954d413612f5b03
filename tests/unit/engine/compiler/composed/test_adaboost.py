"""AdaBoostClassifier and AdaBoostRegressor are compiled, decision trees to one TreeEnsemble."""

import numpy as np
import pytest
from sklearn.ensemble import AdaBoostClassifier

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.runtime.composition import Composition
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.models.schema_inference import infer_schema
from support.compile_cases_ensembles import ADABOOST
from support.compile_data import LABELS, NUMBERS, tree
from support.composed import assert_is_compiled, case, verified

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories in columns")  # by scikit-learn, at edge rows


@pytest.mark.parametrize("name", ADABOOST)
def test_adaboost_is_compiled_and_verified(name: str) -> None:
    """The probabilities and numbers equal those of scikit-learn to the last bit, unless the members are linear."""
    assert_is_compiled(case(name), is_exact="linear" not in name)


@pytest.mark.parametrize("name", ["AdaBoostClassifier", "AdaBoostRegressor", "AdaBoostRegressor of pipelines"])
def test_decision_trees_become_one_ensemble(name: str) -> None:
    scoring = verified(case(name)).scoring
    assert isinstance(scoring, Composition)

    (trees,) = scoring.models

    assert isinstance(trees, TreeEnsemble)
    assert len(trees.roots) == len(case(name).model[-1].estimators_)


def test_boosting_can_end_before_all_estimators_are_fitted() -> None:
    adaboost = case("AdaBoostClassifier that ended early").model[-1]

    assert len(adaboost.estimators_) < adaboost.n_estimators


def test_estimators_of_other_classes_are_refused() -> None:
    model = AdaBoostClassifier(n_estimators=2).fit(NUMBERS, LABELS)
    model.estimators_[1] = tree().fit(NUMBERS, np.where(LABELS, "a", "b"))

    with pytest.raises(UnsupportedModelError, match="^no rule for an AdaBoostClassifier whose estimators know other"):
        compile_model(model, infer_schema(model))
