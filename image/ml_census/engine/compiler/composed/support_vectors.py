"""Compile support vector machines with a linear kernel: a linear model, whose scores compare pairs of classes."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.svm import SVC, SVR, NuSVC, NuSVR

from ml_census.engine.compiler.composed.builder import Builder, EstimatorInput
from ml_census.engine.compiler.linear.linear_compiler import compile_scores
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.compiler.pipeline.refusals import no_rule
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import DECISION, PREDICT
from ml_census.engine.runtime.linear.linear_model import LinearModel
from ml_census.engine.runtime.operations.general import Choose
from ml_census.engine.runtime.operations.pairs import PairVotes

SUPPORT_VECTORS = (SVC, NuSVC, SVR, NuSVR)


def compile_support_vectors(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted support vector machine with a linear kernel.

    `classes` is None for a regressor. Raises UnsupportedModelError for another kernel,
    for a classifier with probabilities, and for several classes with broken ties.
    """
    if model.kernel != "linear":
        raise UnsupportedModelError(no_rule(type(model)))
    if hasattr(model, "predict_proba"):
        raise UnsupportedModelError(f"no rule for the probabilities of a {type(model).__name__}")
    weights = model.coef_.toarray() if sparse.issparse(model.coef_) else model.coef_
    scores = compile_scores(inputs.schema, inputs.features, *map(_float64, (weights, model.intercept_)))
    if classes is None or len(classes) == 2:
        return CompiledPredictor(inputs.schema, scores, classes, None if classes else "identity", zero_is_second=True)
    return _compile_pairs(model, Builder(inputs), scores, classes)


def _compile_pairs(model: Any, builder: Builder, scores: LinearModel, classes: list[Any]) -> CompiledPredictor:
    """Return the compiled form of a classifier of three or more classes, from the scores of all pairs of classes.

    Sums of the scores break ties. The rounding of these sums decided the class of 4 of
    400 random rows with numbers near 1e20.
    """
    if model.break_ties:
        raise UnsupportedModelError(f"no rule for a {type(model).__name__} with break_ties=True")
    pairs = builder.add(scores)
    decision = builder.add(PairVotes(len(classes), True), [pairs])
    compared = builder.add(PairVotes(len(classes), False), [pairs])
    shown = decision if model.decision_function_shape == "ovr" else pairs
    return builder.build(classes, {PREDICT: builder.add(Choose(), [compared]), DECISION: shown})


def _float64(values: Any) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.float64)
