"""Compute the output features of fitted steps that transform the numbers of each column on their own.

Examples are bins, powers and quantiles. The output features of a category column have
the results of the step for all probe values.

All public functions raise UnsupportedModelError if the step rejects a category or has
an unsupported option.
"""

from typing import Any

import numpy as np
from sklearn.impute import MissingIndicator
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
)

from ml_census.engine.compiler.pipeline.features import Feature, OpaqueFeature, UnsupportedModelError
from ml_census.engine.compiler.pipeline.outputs import Operations, extend, outputs
from ml_census.engine.compiler.pipeline.probes import transform_probes
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.engine.runtime.linear.number_operations import UFUNCS
from ml_census.engine.sklearn_internals import power_scaler


def binarize(step: Binarizer, features: list[Feature]) -> list[Feature]:
    """Return the output features of a Binarizer: 1 above its threshold, else 0."""
    above = float(np.nextafter(step.threshold, np.inf))
    return outputs(step, features, [[(("between", above, np.inf),)]] * len(features))


def discretize(step: KBinsDiscretizer, features: list[Feature]) -> list[Feature]:
    """Return the output features of a KBinsDiscretizer: one for each column, or one for each bin.

    Raises UnsupportedModelError for a discretizer that rounds to float32.
    """
    if step.dtype is not None and np.dtype(step.dtype) != np.float64:
        raise UnsupportedModelError("no rule for a KBinsDiscretizer of float32")
    edges = [[float(edge) for edge in each[1:-1]] for each in step.bin_edges_]
    if step.encode == "ordinal":
        return outputs(step, features, [[_bins(each)] for each in edges])
    limits = [[-np.inf, *each, np.inf] for each in edges]
    return outputs(
        step, features, [[(("between", *pair),) for pair in zip(each, each[1:], strict=False)] for each in limits]
    )


def _bins(edges: list[float]) -> Operations:
    return (("bins", *edges),) if edges else (("between", np.inf, np.inf),)  # one bin has the code 0


def apply_function(step: FunctionTransformer, features: list[Feature]) -> list[Feature]:
    """Return the output features of a FunctionTransformer with a function of NumPy, such as np.log1p.

    Raises UnsupportedModelError for another function, or for a function with arguments.
    """
    function = next((each for each in UFUNCS if each is step.func), None)
    if function is None:
        name = getattr(step.func, "__name__", type(step.func).__name__)
        raise UnsupportedModelError(f"no rule for FunctionTransformer with the function {name}")
    if step.kw_args:
        raise UnsupportedModelError("no rule for FunctionTransformer with kw_args")
    return outputs(step, features, [[((function.__name__,),)]] * len(features))


def transform_power(step: PowerTransformer, features: list[Feature]) -> list[Feature]:
    """Return the output features of a PowerTransformer: one for each column.

    Raises SklearnInternalsError if the transformer lacks its private scaler.
    """
    operations: list[Any] = [[(step.method, float(power))] for power in step.lambdas_]
    if step.standardize:
        scaler = power_scaler(step)
        for each, mean, scale in zip(operations, scaler.mean_, scaler.scale_, strict=True):
            each += [("subtract", float(mean)), ("divide", float(scale))]
    return outputs(step, features, [[tuple(each)] for each in operations])


def transform_quantiles(step: QuantileTransformer, features: list[Feature]) -> list[Feature]:
    """Return the output features of a QuantileTransformer: one for each column.

    Raises UnsupportedModelError for a column whose training rows had only missing
    values.
    """
    if np.isnan(step.quantiles_).any():
        raise UnsupportedModelError("no rule for a QuantileTransformer of a column without values")
    name = {"uniform": "quantile", "normal": "normal_quantile"}[step.output_distribution]
    return outputs(step, features, [[((name, *map(float, column)),)] for column in step.quantiles_.T])


def expand_powers(step: PolynomialFeatures, features: list[Feature]) -> list[Feature]:
    """Return the output features of PolynomialFeatures. A later step must drop the products of several columns."""
    is_numeric = all(isinstance(feature, NumericFeature) for feature in features)
    results = np.zeros((len(step.powers_), 0)) if is_numeric else transform_probes(step, features).T
    found: list[Feature] = []
    for powers, result in zip(step.powers_, results, strict=True):
        used = np.flatnonzero(powers).tolist() or [0]  # the output of no column is 1, the power 0 of any column
        feature = features[used[0]]
        found.append(
            OpaqueFeature(feature.column, is_product=True)
            if len(used) > 1
            else extend(feature, result, (("power", float(powers[used[0]])),))
        )
    return found


def indicate(step: MissingIndicator, features: list[Feature]) -> list[Feature]:
    """Return the output features of a MissingIndicator: 1 for a missing value, else 0.

    Raises UnsupportedModelError for number columns in which another value than NaN is
    missing.
    """
    has_numbers = any(isinstance(feature, NumericFeature) for feature in features)
    if step.missing_values == step.missing_values and has_numbers:
        raise UnsupportedModelError("no rule for a MissingIndicator of numbers that are not NaN")
    kept = set(step.features_.tolist())
    missing = [[(("missing", 1.0),)] if index in kept else [] for index in range(len(features))]
    return outputs(step, features, missing)
