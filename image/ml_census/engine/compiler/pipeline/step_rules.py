"""Rules for imputers, scalers and encoders: the output features of a fitted step.

A step gets all probe values of a category column at once, and its results are the new feature's values. For a number,
the step's fitted attributes give the arithmetic operations.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    LabelBinarizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from ml_census.engine.compiler.pipeline.features import CategoricalFeature, Feature, UnsupportedModelError
from ml_census.engine.compiler.pipeline.probes import one_hot_features, transform_probes
from ml_census.engine.runtime.linear_model import NumericFeature, Operation
from ml_census.engine.sklearn_internals import one_hot_widths


def impute(step: SimpleImputer, features: list[Feature]) -> list[Feature]:
    """Return the features that a SimpleImputer keeps, filled, and its indicators of missing values."""
    has_numbers = any(isinstance(feature, NumericFeature) for feature in features)
    if step.missing_values == step.missing_values and has_numbers:
        raise UnsupportedModelError("no rule for a SimpleImputer of numbers that are not NaN")
    results = iter(transform_probes(step, features).T)
    outputs: list[Feature] = []
    for feature, fill in zip(features, np.asarray(step.statistics_, dtype=object), strict=True):
        if fill == fill or step.keep_empty_features:
            numeric = isinstance(feature, NumericFeature)
            outputs.append(_extend(feature, next(results), (("fill", float(cast(float, fill))),) if numeric else ()))
    for index in step.indicator_.features_ if step.add_indicator else ():
        outputs.append(_extend(features[index], next(results), (("missing", 1.0),)))
    return outputs


def encode_ordinal(step: OrdinalEncoder, features: list[Feature]) -> list[Feature]:
    """Return the features of an OrdinalEncoder."""
    _require_all_categories(features, step.categories_)
    return scale(step, features)


def scale(step: Any, features: list[Feature]) -> list[Feature]:
    """Return the features of a step that makes one output column of each input column."""
    results = transform_probes(step, features).T
    return [
        _extend(feature, result, _operations(step, index) if isinstance(feature, NumericFeature) else ())
        for index, (feature, result) in enumerate(zip(features, results, strict=True))
    ]


def encode_one_hot(step: OneHotEncoder, features: list[Feature]) -> list[Feature]:
    """Return the features of a OneHotEncoder."""
    return _one_hot(step, features, step.categories_, one_hot_widths(step))


def binarize_labels(step: LabelBinarizer, features: list[Feature]) -> list[Feature]:
    """Return the features of a LabelBinarizer: one for two classes, else one for each class."""
    count = len(step.classes_)
    return _one_hot(step, features, [step.classes_], [1 if count == 2 else count])


def _one_hot(
    step: Any, features: list[Feature], categories: Sequence[np.ndarray], widths: Sequence[int]
) -> list[Feature]:
    inputs = [
        CategoricalFeature(feature.column, feature.dense())
        for feature in features
        if isinstance(feature, CategoricalFeature)
    ]
    if len(inputs) < len(features):
        raise UnsupportedModelError(f"{type(step).__name__} takes a column that is not a category in the schema")
    _require_all_categories(inputs, categories)
    return [*one_hot_features(step, inputs, widths)]


def _operations(step: Any, index: int) -> tuple[Operation, ...]:
    """Return what a scaler does to the number at this position, in its order."""
    operations: list[Operation] = [
        (name, float(np.asarray(values)[index])) for name, values in _scaling(step) if values is not None
    ]
    if getattr(step, "clip", False):
        if not isinstance(step, MinMaxScaler):
            raise UnsupportedModelError(f"no rule for a {type(step).__name__} that clips")
        low, high = step.feature_range
        operations.append(("clip", float(low), float(high)))
    return tuple(operations)


def _scaling(step: Any) -> list[tuple[str, Any]]:
    """Return the names of a scaler's operations and their operands: an array, or None for no operation."""
    match step:
        case StandardScaler():
            return [("subtract", step.mean_ if step.with_mean else None), ("divide", step.scale_)]
        case RobustScaler():
            center, scale = step.with_centering, step.with_scaling
            return [("subtract", step.center_ if center else None), ("divide", step.scale_ if scale else None)]
        case MaxAbsScaler():
            return [("divide", step.scale_)]
        case MinMaxScaler():
            return [("multiply", step.scale_), ("add", step.min_)]
        case _:
            raise UnsupportedModelError(f"{type(step).__name__} takes a column that the schema calls a number")


def _require_all_categories(features: Sequence[Feature], categories: Sequence[np.ndarray]) -> None:
    """Raise UnsupportedModelError if the encoder knows a category that the schema does not list.

    The compiled model would treat that category as unknown, and the encoder does not.
    """
    for feature, known in zip(features, categories, strict=True):
        listed = set(feature.values.tolist()) if isinstance(feature, CategoricalFeature) else set()
        if any(value == value and value is not None and value not in listed for value in known.tolist()):
            raise UnsupportedModelError(f"the schema does not list all categories of column {feature.column}")


def _extend(feature: Feature, result: np.ndarray, operations: tuple[Operation, ...]) -> Feature:
    """Return the feature after one more step: `result` is for category columns, `operations` are for numbers."""
    if isinstance(feature, NumericFeature):
        return replace(feature, operations=feature.operations + operations)
    if isinstance(feature, CategoricalFeature):
        return replace(feature, values=result[: len(feature.values)])
    raise UnsupportedModelError(f"the schema does not describe what column {feature.column} holds")
