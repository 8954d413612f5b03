"""Compile FixedThresholdClassifier and TunedThresholdClassifierCV."""

from typing import Any

import numpy as np
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from ml_census.engine.compiler.composed.builder import Builder, EstimatorInput, response
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import DECISION, PREDICT, PROBABILITIES
from ml_census.engine.runtime.operations.general import Threshold
from ml_census.engine.sklearn_internals import tuned_positive_label

THRESHOLDS = (FixedThresholdClassifier, TunedThresholdClassifierCV)


def compile_threshold(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted classifier that compares a probability or a score with a threshold.

    Raises UnsupportedModelError if the inner estimator is not supported.
    """
    estimator = getattr(model, "estimator_", model.estimator)
    builder = Builder(inputs)
    responses = dict(builder.add_estimator(estimator))
    methods = [PROBABILITIES, DECISION] if model.response_method == "auto" else [model.response_method]
    compared = response(estimator, responses, *methods)
    threshold, label = _threshold(model, is_probability=responses.get(PROBABILITIES) == compared)
    positive = 1 if label is None else int(np.flatnonzero(model.classes_ == label)[0])
    double = isinstance(threshold, np.floating)
    operation = Threshold(float(threshold), positive, double)
    return builder.build(classes, responses | {PREDICT: builder.add(operation, [compared])})


def _threshold(model: Any, is_probability: bool) -> tuple[Any, Any]:
    """Return the threshold and the label of the positive class, or None in place of the label of the last class."""
    if isinstance(model, TunedThresholdClassifierCV):
        return model.best_threshold_, tuned_positive_label(model)
    if isinstance(model.threshold, str):  # "auto"
        return 0.5 if is_probability else 0.0, model.pos_label
    return model.threshold, model.pos_label
