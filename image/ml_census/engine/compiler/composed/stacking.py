"""Compile StackingClassifier and StackingRegressor."""

from dataclasses import replace
from typing import Any

from sklearn.ensemble import StackingClassifier, StackingRegressor

from ml_census.engine.compiler.composed.builder import Builder, EstimatorInput, members_of, response
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import PREDICT, PROBABILITIES
from ml_census.engine.runtime.operations.general import Link, Lookup, Select

STACKING = (StackingClassifier, StackingRegressor)


def compile_stacking(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted StackingClassifier or StackingRegressor.

    `classes` is None for a regressor. Raises UnsupportedModelError if an inner
    estimator is not supported.
    """
    builder = Builder(inputs)
    pairs = zip(model.estimators_, model.stack_method_, strict=True)
    results = [_result(builder, model, *pair) for pair in pairs]
    if classes is not None:
        members_of(model, [model.final_estimator_])
    own = _final_input(model, inputs, sum(builder.shape_of(result).width for result in results))
    first = len(builder.parts)
    responses = builder.add_estimator(model.final_estimator_, own, results)
    is_single = not model.passthrough and all(_is_single(builder, result) for result in results)
    if is_single and not all(part.source.exact for part in builder.parts[first:]):
        # scikit-learn fits and predicts such a linear model in float32
        raise UnsupportedModelError(f"no rule for a {type(model).__name__} of XGBoost before a linear model")
    return builder.build(classes, responses)


def _final_input(model: Any, inputs: EstimatorInput, count: int) -> EstimatorInput:
    """Return the input of the final estimator: `count` results, and with passthrough the columns of the model."""
    own = inputs.with_results(count, model)
    features = [*own.features[-count:], *(own.features[:-count] if model.passthrough else [])]
    return replace(own, features=features)


def _result(builder: Builder, model: Any, estimator: Any, method: str) -> int:
    """Return the part with the columns that an inner estimator gives to the final estimator."""
    result = response(estimator, builder.add_estimator(estimator), method)
    if method == PROBABILITIES and len(model.classes_) == 2:
        return builder.add(Select([1]), [result])
    if method == PREDICT and builder.shape_of(result).is_position:
        labels = list(estimator.classes_)
        if any(isinstance(label, str) for label in labels):
            raise UnsupportedModelError(f"no rule for a {type(model).__name__} of text classes")
        return builder.add(Lookup([[float(label)] for label in labels]), [result])
    return result


def _is_single(builder: Builder, index: int) -> bool:
    """Return whether the result of a part is float32."""
    part = builder.parts[index]
    if isinstance(part.source, Link | Select):
        return _is_single(builder, part.results[0])
    return bool(getattr(part.source, "single", False))
