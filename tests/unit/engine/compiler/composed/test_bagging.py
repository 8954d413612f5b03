"""BaggingClassifier and BaggingRegressor are compiled, decision trees to one TreeEnsemble."""

import pytest

from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from support.compile_cases_ensembles import BAGGING
from support.composed import assert_is_compiled, case, verified

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories in columns")  # by scikit-learn, at edge rows
WITHIN_TOLERANCE = {
    "BaggingClassifier of linear models",
    "BaggingClassifier of votes",
    "BaggingRegressor of linear models",
}


@pytest.mark.parametrize("name", BAGGING)
def test_bagging_is_compiled_and_verified(name: str) -> None:
    """The probabilities and numbers equal those of scikit-learn to the last bit, unless the members are linear."""
    assert_is_compiled(case(name), is_exact=name not in WITHIN_TOLERANCE)


@pytest.mark.parametrize(
    "name", ["BaggingClassifier", "BaggingClassifier of pipelines", "BaggingRegressor of several outputs"]
)
def test_decision_trees_become_one_ensemble(name: str) -> None:
    scoring = verified(case(name)).scoring

    assert isinstance(scoring, TreeEnsemble)
    assert len(scoring.roots) == 7


def test_inner_estimators_can_lack_a_class() -> None:
    for name in ("BaggingClassifier of a rare class", "BaggingClassifier of forests, a rare class"):
        bagging = case(name).model[-1]

        assert {len(estimator.classes_) for estimator in bagging.estimators_} == {2, 3}
