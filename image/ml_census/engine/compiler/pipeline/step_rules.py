"""Compute the output features of fitted imputers, scalers and encoders.

For a category column, the step transforms all probe values: a missing value, the known
categories and two unknown categories. The results are the values of the output feature.
For a number column, the fitted attributes of the step give the arithmetic operations of
the output feature.

All public functions raise UnsupportedModelError if the step rejects a category or has
an unsupported option.
"""

from collections.abc import Sequence
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
    TargetEncoder,
)

from ml_census.engine.compiler.pipeline.features import (
    CategoricalFeature,
    Feature,
    UnsupportedColumnError,
    UnsupportedModelError,
)
from ml_census.engine.compiler.pipeline.outputs import extend, outputs
from ml_census.engine.compiler.pipeline.probes import one_hot_features, transform_probes
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.engine.runtime.linear.number_operations import Operation
from ml_census.engine.sklearn_internals import one_hot_widths


def impute(step: SimpleImputer, features: list[Feature]) -> list[Feature]:
    """Return the output features of a SimpleImputer: the imputed features, then the indicators of missing values.

    Raises UnsupportedModelError for number columns in which the imputer replaces
    another value than NaN.
    """
    has_numbers = any(isinstance(feature, NumericFeature) for feature in features)
    if step.missing_values == step.missing_values and has_numbers:
        raise UnsupportedModelError("no rule for a SimpleImputer of numbers that are not NaN")
    results = iter(transform_probes(step, features).T)
    pairs = zip(features, np.asarray(step.statistics_, dtype=object), strict=True)
    kept = [(feature, fill) for feature, fill in pairs if fill == fill or step.keep_empty_features]
    imputed = [extend(feature, next(results), _fill(feature, fill)) for feature, fill in kept]
    marked = [features[index] for index in step.indicator_.features_] if step.add_indicator else []
    return [*imputed, *(extend(feature, next(results), (("missing", 1.0),)) for feature in marked)]


def _fill(feature: Feature, value: object) -> tuple[Operation, ...]:
    return (("fill", float(cast(float, value))),) if isinstance(feature, NumericFeature) else ()


def encode_ordinal(step: OrdinalEncoder, features: list[Feature]) -> list[Feature]:
    """Return the output features of an OrdinalEncoder.

    Raises UnsupportedModelError for a number column, or if the schema lacks a category
    of the encoder.
    """
    _require_all_categories(features, step.categories_)
    return scale(step, features)


def scale(step: Any, features: list[Feature]) -> list[Feature]:
    """Return the output features of a scaler or OrdinalEncoder: one for each input feature.

    Raises UnsupportedModelError for a column that is neither a number nor a category,
    or for an unsupported option.
    """
    return outputs(
        step,
        features,
        [
            [_operations(step, index) if isinstance(feature, NumericFeature) else ()]
            for index, feature in enumerate(features)
        ],
    )


def encode_targets(step: TargetEncoder, features: list[Feature]) -> list[Feature]:
    """Return the output features of a TargetEncoder: one for each column, or for several classes one for each class.

    Raises UnsupportedModelError for a number column, or if the schema lacks a category
    of the encoder.
    """
    _require_all_categories(features, step.categories_)
    count = len(step.classes_) if step.target_type_ == "multiclass" else 1
    if any(isinstance(feature, NumericFeature) for feature in features):
        raise UnsupportedModelError("TargetEncoder takes a column that the schema calls a number")
    return outputs(step, features, [[()] * count] * len(features))


def encode_one_hot(step: OneHotEncoder, features: list[Feature]) -> list[Feature]:
    """Return the output features of a OneHotEncoder.

    Raises UnsupportedModelError for a number column, or if the schema lacks a category
    of the encoder. Raises SklearnInternalsError if the encoder lacks the private
    attribute with the number of output columns.
    """
    return _one_hot(step, features, step.categories_, one_hot_widths(step))


def binarize_labels(step: LabelBinarizer, features: list[Feature]) -> list[Feature]:
    """Return the output features of a LabelBinarizer: one for two classes, else one for each class.

    Raises UnsupportedModelError for a number column, or if the schema lacks a class of
    the binarizer.
    """
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
    """Return the operations of a scaler on the column at the position `index`, in the order of the scaler."""
    operations: list[Operation] = [
        (name, float(np.asarray(values)[index] if np.ndim(values) else values))
        for name, values in _scaling(step)
        if values is not None
    ]
    if getattr(step, "clip", False):
        low, high = step.feature_range if isinstance(step, MinMaxScaler) else (-1, 1)
        operations.append(("clip", float(low), float(high)))
    return tuple(operations)


def _scaling(step: Any) -> list[tuple[str, Any]]:
    """Return the operations of a scaler with their operands.

    An operand is an array (columns,), a number for all columns, or None for none.
    """
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
    """Raise UnsupportedModelError if the encoder has a category that the schema does not list.

    The compiled model would treat this category as unknown, but the encoder knows the
    category.
    """
    for feature, known in zip(features, categories, strict=True):
        listed = set(feature.values.tolist()) if isinstance(feature, CategoricalFeature) else set()
        if any(value == value and value is not None and value not in listed for value in known.tolist()):
            raise UnsupportedColumnError("the schema does not list all categories of column {}", feature.column)
