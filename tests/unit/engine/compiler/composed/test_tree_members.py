"""Trees of several estimators share one TreeEnsemble."""

from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.composed.builder import EstimatorInput
from ml_census.engine.compiler.composed.tree_members import compile_members, tree_members
from ml_census.engine.compiler.pipeline.features import input_features
from ml_census.models.schema_inference import infer_schema
from support.compile_data import LABELS, NUMBERS, forest_of, tree

ROWS = NUMBERS[:20].T.tolist()


def refuse(model: Any, inputs: EstimatorInput) -> Any:
    raise AssertionError("no inner estimator is compiled alone")


def inputs_of(model: Any) -> EstimatorInput:
    schema = infer_schema(model)
    return EstimatorInput(schema, input_features(schema), schema, (), refuse)


def values(_: int, model: Any) -> np.ndarray:
    return np.asarray(model.tree_.value[:, 0, :])


def test_trees_of_different_columns_are_added() -> None:
    first, second = tree(max_depth=3).fit(NUMBERS[:, [1]], LABELS), tree(max_depth=3).fit(NUMBERS, LABELS)
    inputs = inputs_of(second)

    members = tree_members([(first, inputs.of_columns([1])), (second, inputs)])
    assert members
    ensemble = compile_members(members, values, 2, divisor=2)

    expected = (first.predict_proba(NUMBERS[:20, [1]]) + second.predict_proba(NUMBERS[:20])) / 2
    assert ensemble.scores(ROWS).tolist() == expected.tolist()


def test_tree_apart_has_its_own_score() -> None:
    first, second = tree(max_depth=1).fit(NUMBERS, LABELS), tree(max_depth=3).fit(NUMBERS, LABELS)
    inputs = inputs_of(first)

    members = tree_members([(first, inputs), (second, inputs)])
    assert members
    ensemble = compile_members(members, lambda _, model: model.tree_.value[:, 0, 1:], 2, apart=True)

    expected = [model.predict_proba(NUMBERS[:20])[:, 1].tolist() for model in (first, second)]
    assert ensemble.scores(ROWS).T.tolist() == expected


@pytest.mark.parametrize("other", [forest_of(), make_pipeline(StandardScaler(), forest_of())])
def test_other_models_are_no_trees(other: Any) -> None:
    first, second = tree().fit(NUMBERS, LABELS), other.fit(NUMBERS, LABELS)
    inputs = inputs_of(first)

    assert tree_members([(first, inputs), (second, inputs)]) is None


def test_unused_columns_are_not_read() -> None:
    model = tree(max_depth=3).fit(NUMBERS[:, [1]], LABELS)
    inputs = inputs_of(tree().fit(NUMBERS, LABELS))

    members = tree_members([(model, inputs.of_columns([1]))])
    assert members

    assert compile_members(members, values, 2).inputs == [(1, "number")]
    assert compile_model(model, infer_schema(model)).scoring.inputs == [(0, "number")]
