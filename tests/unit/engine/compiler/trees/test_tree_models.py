"""Parts of scikit-learn's tree models that a compiled model repeats: classes, links, starts and divisors."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.models.schema_inference import infer_schema
from support.compile_data import LABELS, MONEY, NUMBERS, THREE


def compiled(model: Any, labels: Any) -> tuple[CompiledPredictor, TreeEnsemble]:
    model.fit(NUMBERS, labels)
    predictor = compile_model(model, infer_schema(model))
    assert isinstance(predictor.scoring, TreeEnsemble)
    return predictor, predictor.scoring


@pytest.mark.parametrize(
    ("model", "labels", "link", "score_count"),
    [
        (GradientBoostingClassifier(n_estimators=2), LABELS, "exact_logistic", 1),
        (GradientBoostingClassifier(n_estimators=2, loss="exponential"), LABELS, "half_logistic", 1),
        (GradientBoostingClassifier(n_estimators=2), THREE, "softmax", 3),
        (GradientBoostingRegressor(n_estimators=2), MONEY, "identity", 1),
        (HistGradientBoostingClassifier(max_iter=2), LABELS, "exact_logistic", 1),
        (HistGradientBoostingClassifier(max_iter=2), THREE, "softmax", 3),
        (HistGradientBoostingRegressor(max_iter=2, loss="poisson"), MONEY, "exp", 1),
        (RandomForestClassifier(2), LABELS, "identity", 2),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else str(value)[:14],
)
def test_link_follows_from_the_loss(model: Any, labels: Any, link: str, score_count: int) -> None:
    predictor, trees = compiled(model, labels)

    assert (predictor.link, trees.score_count) == (link, score_count)


def test_forest_divides_by_the_number_of_its_trees() -> None:
    _, trees = compiled(RandomForestClassifier(7, random_state=0), LABELS)

    assert (trees.divisor, len(trees.roots), trees.base.tolist()) == (7, 7, [0.0, 0.0])


def test_boosting_adds_trees_to_the_scores_of_their_class() -> None:
    _, trees = compiled(GradientBoostingClassifier(n_estimators=2, init="zero"), THREE)

    assert trees.outputs.tolist() == [0, 1, 2, 0, 1, 2]
    assert trees.base.tolist() == [0.0, 0.0, 0.0]


def test_regressor_of_several_outputs_predicts_lists() -> None:
    predictor, _ = compiled(RandomForestRegressor(2), np.column_stack([MONEY, LABELS]))

    assert not predictor.flat
    assert [len(row) for row in predictor.predict([[40.0], [9.0]])] == [2]
