"""Extend features by a step: with results for the categories of a column, with operations for its numbers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ml_census.engine.compiler.pipeline.features import (
    CategoricalFeature,
    Feature,
    UnsupportedColumnError,
)
from ml_census.engine.compiler.pipeline.probes import transform_probes
from ml_census.engine.runtime.linear.linear_model import NumericFeature
from ml_census.engine.runtime.linear.number_operations import Operation

Operations = tuple[Operation, ...]


def outputs(step: Any, features: Sequence[Feature], operations: Sequence[Sequence[Operations]]) -> list[Feature]:
    """Return the output features of a fitted step, in the order of the input features.

    `operations` has for each input feature the operations of each of its output
    features, on numbers. For categories, the step transforms all probe values. Raises
    UnsupportedModelError if the step rejects a probe value, or for a column that is
    neither a number nor a category.
    """
    sources = [feature for feature, each in zip(features, operations, strict=True) for _ in each]
    applied = [one for each in operations for one in each]
    results: Sequence[Any] = [()] * len(sources)
    if not all(isinstance(feature, NumericFeature) for feature in features):
        output = transform_probes(step, features)
        results = (output.toarray() if hasattr(output, "toarray") else output).T
    return [extend(*each) for each in zip(sources, results, applied, strict=True)]


def extend(feature: Feature, result: np.ndarray, operations: Operations) -> Feature:
    """Return the feature after one more step: `result` is used for a category column, `operations` for a number.

    Raises UnsupportedModelError for a column that is neither a number nor a category.
    """
    if isinstance(feature, NumericFeature):
        return replace(feature, operations=feature.operations + operations)
    if isinstance(feature, CategoricalFeature):
        return replace(feature, values=result[: len(feature.values)])
    raise feature.error()


def scaled(feature: Feature, weight: float) -> Feature:
    """Return the feature times the weight of a part of a FeatureUnion or ColumnTransformer.

    Raises UnsupportedModelError for a feature that is text.
    """
    if not isinstance(feature, CategoricalFeature):
        return extend(feature, np.zeros(0), (("multiply", float(weight)),))
    try:
        return replace(feature, values=feature.values * weight)
    except TypeError as error:
        raise UnsupportedColumnError("column {} is text with a weight", feature.column) from error
