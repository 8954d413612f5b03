"""Compile BaggingClassifier and BaggingRegressor."""

from typing import Any

import numpy as np
from sklearn.ensemble import BaggingClassifier, BaggingRegressor

from ml_census.engine.compiler.composed.builder import Builder, EstimatorInput, Responses, members_of, response
from ml_census.engine.compiler.composed.tree_members import Members, compile_members, tree_members
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import DECISION, PREDICT, PROBABILITIES
from ml_census.engine.runtime.operations.general import Choose, Spread, Sum, Votes

BAGGING = (BaggingClassifier, BaggingRegressor)


def compile_bagging(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted BaggingClassifier or BaggingRegressor.

    `classes` is None for a regressor. Decision trees become one TreeEnsemble. Raises
    UnsupportedModelError if an inner estimator is not supported.
    """
    estimators = list(zip(model.estimators_, map(inputs.of_columns, model.estimators_features_), strict=True))
    if (trees := tree_members(estimators)) is not None:
        return _compile_trees(trees, inputs, classes)
    builder = Builder(inputs)
    results = [(estimator, builder.add_estimator(estimator, own)) for estimator, own in estimators]
    if classes is None:
        predicted = [response(estimator, own, PREDICT) for estimator, own in results]
        return builder.build(None, {PREDICT: builder.add(Sum(len(results), False), predicted)})
    return builder.build(classes, _classifier_outputs(builder, model, results, len(classes)))


def _classifier_outputs(
    builder: Builder, model: Any, results: list[tuple[Any, Responses]], count: int
) -> dict[str, int]:
    """Return the parts with the class, the probabilities and, if all estimators have one, the decision function."""
    if all(hasattr(estimator, PROBABILITIES) for estimator in model.estimators_):
        added = [_probabilities(builder, estimator, own, count) for estimator, own in results]
    else:
        members_of(model, model.estimators_)
        votes = Votes([1] * len(results), count)
        added = [builder.add(votes, [own[PREDICT] for _, own in results])]
    mean = builder.add(Sum(len(results), True), added)
    outputs = {PREDICT: builder.add(Choose(), [mean]), PROBABILITIES: mean}
    if all(DECISION in own for _, own in results):
        outputs[DECISION] = builder.add(Sum(len(results), False), [own[DECISION] for _, own in results])
    return outputs


def _probabilities(builder: Builder, estimator: Any, responses: Any, count: int) -> int:
    """Return the part with the probabilities of all classes. The classes of an inner estimator are their positions."""
    result = response(estimator, responses, PROBABILITIES)
    known = [int(label) for label in estimator.classes_]
    return result if len(known) == count else builder.add(Spread(known, count), [result])


def _compile_trees(trees: Members, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of trees, whose predictions are means of leaf values, as those of a forest."""

    def values(_: int, model: Any) -> np.ndarray:
        if classes is None:
            return np.asarray(model.tree_.value[:, :, 0])
        by_class = np.zeros((model.tree_.node_count, len(classes)))
        by_class[:, model.classes_.astype(int)] = model.tree_.value[:, 0, :]
        return by_class

    count = trees[0][0].n_outputs_ if classes is None else len(classes)
    scoring = compile_members(trees, values, count, divisor=len(trees))
    return CompiledPredictor(inputs.schema, scoring, classes, "identity", flat=count == 1)
