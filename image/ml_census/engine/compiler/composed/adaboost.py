"""Compile AdaBoostClassifier and AdaBoostRegressor."""

from typing import Any

import numpy as np
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor

from ml_census.engine.compiler.composed.builder import Builder, EstimatorInput, response
from ml_census.engine.compiler.composed.tree_members import compile_members, tree_members
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import DECISION, PREDICT, PROBABILITIES
from ml_census.engine.runtime.operations.boosting import BoostingDecision, BoostingLogits, WeightedMedian
from ml_census.engine.runtime.operations.general import Choose, Link, Lookup, Sum

ADABOOST = (AdaBoostClassifier, AdaBoostRegressor)


def compile_adaboost(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted AdaBoostClassifier or AdaBoostRegressor.

    `classes` is None for a regressor. Decision trees become one TreeEnsemble. Raises
    UnsupportedModelError if an estimator is not supported, or knows other classes.
    """
    builder = Builder(inputs)
    if classes is None:
        return builder.build(None, {PREDICT: _median(builder, model)})
    if any(list(estimator.classes_) != list(model.classes_) for estimator in model.estimators_):
        raise UnsupportedModelError("no rule for an AdaBoostClassifier whose estimators know other classes")
    total = float(model.estimator_weights_.sum())
    decision = builder.add(BoostingDecision(total), [_sums(builder, model, len(classes))])
    probabilities = builder.add(Link("softmax"), [builder.add(BoostingLogits(), [decision])])
    outputs = {PREDICT: builder.add(Choose(), [decision]), PROBABILITIES: probabilities, DECISION: decision}
    return builder.build(classes, outputs)


def _median(builder: Builder, model: Any) -> int:
    """Return the part with the weighted median of the predictions of all regressors."""
    weights = model.estimator_weights_[: len(model.estimators_)].tolist()
    return builder.add(WeightedMedian(weights), _numbers(builder, model))


def _numbers(builder: Builder, model: Any) -> list[int]:
    """Return the parts with the predictions of all regressors."""
    trees = tree_members((estimator, builder.inputs) for estimator in model.estimators_)
    if trees is None:
        return [builder.add_estimator(estimator)[PREDICT] for estimator in model.estimators_]
    values = [tree.tree_.value[:, 0, :] for tree, _ in trees]
    return [builder.add(compile_members(trees, lambda index, _: values[index], len(trees), apart=True))]


def _sums(builder: Builder, model: Any, count: int) -> int:
    """Return the part with the sums over all classifiers: each adds a row of weights for its class."""
    tables = [_table(weight, count) for weight in model.estimator_weights_[: len(model.estimators_)]]
    trees = tree_members((estimator, builder.inputs) for estimator in model.estimators_)
    if trees is not None:

        def values(index: int, tree: Any) -> np.ndarray:
            return np.asarray(tables[index][tree.tree_.value[:, 0, :].argmax(axis=1)])

        return builder.add(compile_members(trees, values, count))
    added = [
        builder.add(Lookup(table.tolist()), [response(estimator, builder.add_estimator(estimator), PREDICT)])
        for estimator, table in zip(model.estimators_, tables, strict=True)
    ]
    return builder.add(Sum(1, True), added)


def _table(weight: float, count: int) -> np.ndarray:
    """Return the row of weights for each predicted class: float64 (classes, classes)."""
    return np.where(np.eye(count, dtype=bool), weight, -1 / (count - 1) * weight)
