"""Compile OneVsRestClassifier and OneVsOneClassifier."""

from typing import Any

from sklearn.base import is_regressor

from ml_census.engine.compiler.composed.builder import Builder, EstimatorInput, Responses, response
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import DECISION, PREDICT, PROBABILITIES
from ml_census.engine.runtime.operations.general import Choose, Select
from ml_census.engine.runtime.operations.outputs import Columnwise, Concatenate, PairDecision, RestShares

HALF = Columnwise([[["subtract", 0.5]]])
"""A probability minus one half, which is above 0 for the second of two classes."""


def compile_one_vs_rest(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted OneVsRestClassifier.

    Raises UnsupportedModelError if an inner estimator is not supported.
    """
    builder = Builder(inputs)
    members = _members(builder, model)
    scores = builder.add(Concatenate(), [_score(builder, *member) for member in members])
    outputs = {PREDICT: _choose(builder, model, scores)}
    if all(hasattr(estimator, DECISION) for estimator, _ in members):
        outputs[DECISION] = scores
    if all(hasattr(estimator, PROBABILITIES) for estimator, _ in members):
        seconds = [builder.add(Select([1]), [response(*member, PROBABILITIES)]) for member in members]
        outputs[PROBABILITIES] = builder.add(RestShares(), [builder.add(Concatenate(), seconds)])
    return builder.build(classes, outputs)


def compile_one_vs_one(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted OneVsOneClassifier.

    Raises UnsupportedModelError for an unsupported estimator or a precomputed kernel.
    """
    if model.pairwise_indices_ is not None:
        raise UnsupportedModelError("no rule for a OneVsOneClassifier of precomputed kernels")
    builder = Builder(inputs)
    members = _members(builder, model)
    chosen = [response(*member, PREDICT) for member in members]
    scores = [_score(builder, *member) for member in members]
    decision = builder.add(PairDecision(len(model.classes_)), [*chosen, *scores])
    if len(model.classes_) == 2:
        decision = builder.add(Select([1]), [decision])
    return builder.build(classes, {PREDICT: _choose(builder, model, decision), DECISION: decision})


def _members(builder: Builder, model: Any) -> list[tuple[Any, Responses]]:
    if any(is_regressor(estimator) for estimator in model.estimators_):
        raise UnsupportedModelError(f"no rule for a {type(model).__name__} of regressors")
    return [(estimator, builder.add_estimator(estimator)) for estimator in model.estimators_]


def _score(builder: Builder, estimator: Any, responses: Responses) -> int:
    """Return the part with the score of an inner estimator of two classes."""
    result = response(estimator, responses, DECISION, PROBABILITIES)
    return result if hasattr(estimator, DECISION) else builder.add(Select([1]), [result])


def _choose(builder: Builder, model: Any, scores: int) -> int:
    """Return the part with the class of the highest score.

    For two classes, a single decision is compared with 0, and a single probability with
    one half.
    """
    if len(model.classes_) == 2 and not hasattr(model.estimators_[0], DECISION):
        scores = builder.add(HALF, [scores])
    return builder.add(Choose(), [scores])
