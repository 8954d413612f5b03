"""Compile VotingClassifier and VotingRegressor."""

from typing import Any

import numpy as np
from sklearn.ensemble import VotingClassifier, VotingRegressor

from ml_census.engine.compiler.composed.builder import Builder, EstimatorInput, members_of, response
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import PREDICT, PROBABILITIES
from ml_census.engine.runtime.operations.general import Choose, Mean, Votes

VOTING = (VotingClassifier, VotingRegressor)


def compile_voting(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted VotingClassifier or VotingRegressor.

    `classes` is None for a regressor. Raises UnsupportedModelError if an inner
    estimator is not supported.
    """
    builder, weights = Builder(inputs), _weights(model)
    if classes is None:
        predicted = _responses(builder, model.estimators_, PREDICT)
        return builder.build(None, {PREDICT: builder.add(Mean(weights), predicted)})
    members = members_of(model, model.estimators_)
    if model.voting == "hard":
        votes = Votes(weights or [1] * len(members), len(classes))
        counts = builder.add(votes, _responses(builder, members, PREDICT))
        return builder.build(classes, {PREDICT: builder.add(Choose(), [counts])})
    mean = builder.add(Mean(weights), _responses(builder, members, PROBABILITIES))
    return builder.build(classes, {PREDICT: builder.add(Choose(), [mean]), PROBABILITIES: mean})


def _responses(builder: Builder, members: list[Any], method: str) -> list[int]:
    return [response(member, builder.add_estimator(member), method) for member in members]


def _weights(model: Any) -> list[float] | None:
    """Return the weights of the estimators that are not dropped, or None for equal weights."""
    if model.weights is None:
        return None
    weights = np.asarray(model.weights).tolist()
    return [weight for (_, estimator), weight in zip(model.estimators, weights, strict=True) if estimator != "drop"]
