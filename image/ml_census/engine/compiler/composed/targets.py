"""Compile TransformedTargetRegressor, MultiOutputRegressor and RegressorChain."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from ml_census.engine.compiler.composed.builder import Builder, EstimatorInput, response
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import PREDICT
from ml_census.engine.runtime.linear.number_operations import UFUNCS
from ml_census.engine.runtime.operations.general import Sum
from ml_census.engine.runtime.operations.outputs import Columnwise, Concatenate


def compile_outputs(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted MultiOutputRegressor.

    Raises UnsupportedModelError if an inner estimator is not supported.
    """
    builder = Builder(inputs)
    numbers = [response(estimator, builder.add_estimator(estimator), PREDICT) for estimator in model.estimators_]
    predicted = builder.add(Concatenate(), numbers)
    return builder.build(None, {PREDICT: predicted}, flat=len(numbers) == 1)


class _AppendedZeros:
    """Step that appends columns of zeros, in place of the predictions that a RegressorChain appends."""

    def __init__(self, count: int) -> None:
        self.count = count

    def transform(self, rows: Any) -> Any:
        zeros = np.zeros((rows.shape[0], self.count))
        return sparse.hstack((rows, zeros)) if sparse.issparse(rows) else np.hstack((rows, zeros))


def compile_chain(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted RegressorChain. Each regressor also takes the predictions before it.

    Raises UnsupportedModelError if an inner estimator is not supported.
    """
    builder = Builder(inputs)
    results: list[int] = []
    for estimator in model.estimators_:
        own = inputs.with_results(len(results), _AppendedZeros(len(results)))
        predicted = response(estimator, builder.add_estimator(estimator, own, results), PREDICT)
        results.append(builder.add(Sum(1, True), [predicted]))  # the chain stores predictions as float64
    ordered = [results[index] for index in np.argsort(model.order_)]
    predicted = builder.add(Concatenate(), ordered)
    return builder.build(None, {PREDICT: predicted}, flat=len(results) == 1)


def compile_transformed(model: Any, inputs: EstimatorInput, classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted TransformedTargetRegressor.

    Raises UnsupportedModelError if the inner estimator or the inverse of the
    transformer is not supported.
    """
    builder = Builder(inputs)
    predicted = response(model.regressor_, builder.add_estimator(model.regressor_), PREDICT)
    count = builder.shape_of(predicted).width
    operations = [[list(each) for each in _inverse(model.transformer_, index)] for index in range(count)]
    if any(operations):
        predicted = builder.add(Columnwise(operations), [predicted])
    return builder.build(None, {PREDICT: predicted}, flat=count == 1)


def _inverse(transformer: Any, index: int) -> list[tuple[str, *tuple[float, ...]]]:
    """Return the operations of the inverse transformation of a column."""
    if type(transformer) is FunctionTransformer:
        return _inverse_function(transformer)
    return [(name, float(values[index])) for name, values in _inverse_scaling(transformer) if values is not None]


def _inverse_function(transformer: FunctionTransformer) -> list[tuple[str, *tuple[float, ...]]]:
    function = transformer.inverse_func
    if function is None:
        return []
    if function not in UFUNCS or transformer.inv_kw_args:
        name = getattr(function, "__name__", type(function).__name__)
        raise UnsupportedModelError(f"no rule for the inverse function {name} of a TransformedTargetRegressor")
    return [(function.__name__,)]


def _inverse_scaling(transformer: Any) -> list[tuple[str, np.ndarray | None]]:
    """Return the operations of the inverse of a scaler with their operands: (columns,), or None for no operation."""
    owner = type(transformer)
    if owner is StandardScaler:
        return [("multiply", transformer.scale_), ("add", transformer.mean_ if transformer.with_mean else None)]
    if owner is RobustScaler:
        return [("multiply", transformer.scale_), ("add", transformer.center_)]
    if owner is MaxAbsScaler:
        return [("multiply", transformer.scale_)]
    if owner is MinMaxScaler:
        return [("subtract", transformer.min_), ("divide", transformer.scale_)]
    raise UnsupportedModelError(f"no rule for the inverse of a {owner.__name__} in a TransformedTargetRegressor")
