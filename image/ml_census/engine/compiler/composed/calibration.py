"""Compile CalibratedClassifierCV."""

from typing import Any

import numpy as np

from ml_census.engine.compiler.composed.builder import Builder, EstimatorInput, response
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import DECISION, PREDICT, PROBABILITIES
from ml_census.engine.runtime.operations.calibration import Interpolations, Shares, Sigmoids, Temperature
from ml_census.engine.runtime.operations.general import Choose, Select, Sum


def compile_calibrated(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted CalibratedClassifierCV.

    Raises UnsupportedModelError if an inner estimator is not supported, or knows other
    classes.
    """
    builder = Builder(inputs)
    calibrated = [_calibrate(builder, model, member) for member in model.calibrated_classifiers_]
    mean = builder.add(Sum(len(calibrated), True), calibrated)
    return builder.build(classes, {PREDICT: builder.add(Choose(), [mean]), PROBABILITIES: mean})


def _calibrate(builder: Builder, model: Any, member: Any) -> int:
    """Return the part with the calibrated probabilities of one inner estimator."""
    _require_same_classes(model, member.estimator)
    responses = builder.add_estimator(member.estimator)
    scores = response(member.estimator, responses, DECISION, PROBABILITIES)
    of_probabilities = not hasattr(member.estimator, DECISION)
    if model.method == "temperature":
        (calibrator,) = member.calibrators
        return builder.add(Temperature(float(calibrator.beta_), of_probabilities), [scores])
    if of_probabilities and len(model.classes_) == 2:
        scores = builder.add(Select([1]), [scores])
    calibrate = _sigmoids if model.method == "sigmoid" else _interpolations
    return builder.add(Shares(), [builder.add(calibrate(member.calibrators), [scores])])


def _require_same_classes(model: Any, estimator: Any) -> None:
    """Raise UnsupportedModelError if an inner estimator knows other classes than the model.

    For the method temperature, the model encodes text classes as 0, 1, 2, ... before it
    fits the inner estimators.
    """
    known, count = list(estimator.classes_), len(model.classes_)
    if known != list(model.classes_) and (model.method != "temperature" or known != list(range(count))):
        raise UnsupportedModelError("no rule for a CalibratedClassifierCV whose estimators know other classes")


def _sigmoids(calibrators: list[Any]) -> Sigmoids:
    return Sigmoids([float(each.a_) for each in calibrators], [float(each.b_) for each in calibrators])


def _interpolations(calibrators: list[Any]) -> Interpolations:
    points = [[each.X_thresholds_.tolist(), each.y_thresholds_.tolist()] for each in calibrators]
    return Interpolations(points, calibrators[0].X_thresholds_.dtype == np.float32)
