"""Convert the features before a model of XGBoost or LightGBM as the library converts its input."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ml_census.engine.compiler.pipeline.features import (
    CategoricalFeature,
    Feature,
    Mask,
    MaskedFeature,
    UnsupportedColumnError,
    UnsupportedModelError,
)
from ml_census.engine.model_input import to_model_input
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.schema import Schema, Value


def steps_of_sparse_input(steps: Sequence[Any], schema: Schema) -> list[Any]:
    """Return the fitted steps that get a sparse matrix, in their order.

    The last of `steps` is the model. Steps that only select columns are left out.
    `schema` has the input columns of the first step. Raises UnsupportedModelError if
    the steps reject all example rows.
    """
    for example in schema.example_rows():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # scikit-learn warns about unknown categories
                return _steps_of_sparse_input(steps, to_model_input(schema, example))
        except Exception:  # noqa: S112 (a step can raise any exception for an example row)
            continue
    raise UnsupportedModelError("the steps before the model reject the example rows of the schema")


def _steps_of_sparse_input(steps: Sequence[Any], inputs: Any) -> list[Any]:
    found = []
    for step in steps[:-1]:
        if step is None or isinstance(step, str):
            continue
        found += [step] if hasattr(inputs, "tocsr") and not hasattr(step, "get_support") else []
        inputs = step.transform(inputs)
    return [*found, steps[-1]] if hasattr(inputs, "tocsr") else found


def encode_categories(features: Sequence[Feature], categories: Mapping[int, Sequence[Value]]) -> list[Feature]:
    """Return the features, with the codes of the model in place of the categories of pandas columns.

    `categories` has the categories of each such feature in the order of their codes, by
    the position of the feature. Missing and unknown categories become NaN, because
    pandas has the code -1 for them.
    """
    return [
        _encoded(feature, categories[index]) if index in categories else feature
        for index, feature in enumerate(features)
    ]


def _encoded(feature: Feature, categories: Sequence[Value]) -> Feature:
    if not isinstance(feature, CategoricalFeature):
        raise UnsupportedColumnError("the schema does not list the categories of column {}", feature.column)
    codes = {value: float(code) for code, value in enumerate(categories)}
    values = [codes.get(value, np.nan) for value in feature.dense().tolist()]
    return CategoricalFeature(feature.column, np.array(values))


def mask_features(features: Sequence[Feature], masks: Mapping[int, Mask]) -> list[Feature]:
    """Return the features, of which the model replaces some values. `masks` are by the position of the feature."""
    return [_masked(feature, masks[index]) if index in masks else feature for index, feature in enumerate(features)]


def _masked(feature: Feature, mask: Mask) -> Feature:
    if isinstance(feature, NumericFeature):
        return MaskedFeature(feature.column, feature.operations, mask=mask)
    if isinstance(feature, CategoricalFeature):
        try:
            values = np.asarray(feature.values, dtype=np.float64)
        except (ValueError, TypeError) as error:
            raise UnsupportedColumnError("column {} reaches the model as text", feature.column) from error
        return replace(feature, values=mask.apply(values))
    return feature
