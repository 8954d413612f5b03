"""Inner estimators become parts of one list, in which no part is unused."""

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.composed.builder import SelectedColumns, members_of, response
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.runtime.composition import Composition
from ml_census.engine.runtime.linear.linear_model import LinearModel
from ml_census.engine.runtime.operations import Operation
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.models.schema_inference import infer_schema
from support.compile_data import LABELS, NUMBERS, tree


def composition(model: Any) -> Composition:
    compiled = compile_model(model, infer_schema(model))
    assert isinstance(compiled.scoring, Composition)
    return compiled.scoring


def parts_of(model: Any) -> list[str]:
    return [type(part.source).__name__ for part in composition(model).parts]


def test_unused_results_are_left_out() -> None:
    """The probabilities of the second member, and the classes of both, are not computed."""
    model = VotingClassifier([("a", tree()), ("b", LogisticRegression())], voting="hard").fit(NUMBERS, LABELS)

    assert parts_of(model) == ["TreeEnsemble", "Choose", "LinearModel", "Choose", "Votes", "Choose"]


def test_composed_estimator_inside_another_adds_its_parts() -> None:
    inner = FixedThresholdClassifier(LogisticRegression(), threshold=0.3)
    model = VotingClassifier([("a", inner), ("b", tree())], voting="hard").fit(NUMBERS, LABELS)

    assert parts_of(model) == ["LinearModel", "Link", "Threshold", "TreeEnsemble", "Choose", "Votes", "Choose"]


def test_steps_before_the_composed_estimator_apply_to_its_members() -> None:
    voting = VotingClassifier([("a", LogisticRegression()), ("b", make_pipeline(StandardScaler(), LinearSVC()))])
    model = make_pipeline(StandardScaler(), voting).fit(NUMBERS, LABELS)

    first, second = (each for each in composition(model).models if isinstance(each, LinearModel))

    assert [len(feature.operations) for _, feature in first.numbers] == [2, 2]
    assert [len(feature.operations) for _, feature in second.numbers] == [4, 4]


def test_members_that_know_other_classes_are_refused() -> None:
    model = VotingClassifier([("a", tree()), ("b", tree())]).fit(NUMBERS, np.where(LABELS, "a", "b"))
    model.estimators_[1] = tree().fit(NUMBERS, LABELS * 2)

    with pytest.raises(UnsupportedModelError, match="^no rule for a VotingClassifier whose estimators know other cla"):
        members_of(model, model.estimators_)


def test_response_is_the_one_of_the_first_method() -> None:
    responses = {"predict": 3, "decision_function": 5}

    assert response(LinearSVC(), responses, "predict_proba", "decision_function") == 5


def test_result_that_is_not_compiled_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="^no rule for predict_proba of a LogisticRegression$"):
        response(LogisticRegression(), {"predict": 0}, "predict_proba", "predict")


def test_results_of_other_estimators_follow_the_columns() -> None:
    model = StackingClassifier([("a", tree()), ("b", tree())], tree(), cv=2, passthrough=True).fit(NUMBERS, LABELS)
    *_, final = (part for part in composition(model).parts if isinstance(part.source, TreeEnsemble))

    assert len(final.results) == 2
    assert not isinstance(final.source, Operation)
    assert {column for column, _ in final.source.inputs} <= {0, 1, 2, 3}
    assert composition(model).inputs == [(0, "number"), (1, "number")]


def test_selected_columns_of_sparse_matrices_stay_sparse() -> None:
    step = SelectedColumns([1, 0])

    assert step.transform(NUMBERS[:1]).tolist() == [NUMBERS[0, ::-1].tolist()]
    assert step.transform(csr_array(NUMBERS[:1])).toarray().tolist() == [NUMBERS[0, ::-1].tolist()]
