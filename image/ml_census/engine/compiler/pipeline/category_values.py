"""Convert the values of a CategoricalFeature to one value for each code of the column's CategoryEncoder.

A CategoricalFeature has a value for each probe value of its column. The probe values
are a missing value, the known categories and two unknown categories. The encoder has
code 0 for a missing value, codes 1 ... n for the known categories and code n + 1 for
all unknown categories. So the feature must have the same value for both unknown
categories.
"""

from typing import Any, NamedTuple

import numpy as np

from ml_census.engine.compiler.pipeline.features import (
    CategoricalFeature,
    UnsupportedColumnError,
    UnsupportedModelError,
)


class ExceptionalCodes(NamedTuple):
    """A feature that has the same value for most codes: the exceptional codes, and the usual value of other codes."""

    codes: np.ndarray
    """The exceptional codes: integers (n,), in any order."""
    values: np.ndarray
    """The value for each of `codes`, (n,), in the dtype that the caller requested."""
    usual: float
    """The value for all other codes."""


def values_by_code(feature: CategoricalFeature, dtype: Any) -> np.ndarray:
    """Return the value of the feature for each code of the encoder: an array (codes,) of `dtype`.

    Raises UnsupportedModelError if the values are not numbers, or differ between
    unknown categories.
    """
    values = _to_numbers(feature, feature.dense()).astype(dtype)
    if not np.array_equal(values[-1], values[-2], equal_nan=True):
        raise _unknown_error(feature)
    return values[:-1]


def exceptional_codes(feature: CategoricalFeature, dtype: Any) -> ExceptionalCodes:
    """Return the codes for which the feature does not have its usual value.

    If feature.exceptions is None, the result has all codes, and `usual` is 0. `dtype`
    is that of the values. Raises UnsupportedModelError as values_by_code() does.
    """
    if feature.exceptions is None:
        values = values_by_code(feature, dtype)
        return ExceptionalCodes(np.arange(len(values)), values, 0.0)
    probes, positions = feature.exceptions
    values = _to_numbers(feature, feature.values).astype(dtype)
    # the sum over no exception is 0: values[0] is the usual value
    last, other = (values[positions[probes == feature.probe_count - back].sum()] for back in (1, 2))
    if last != other and not (np.isnan(last) and np.isnan(other)):
        raise _unknown_error(feature)
    own = probes < feature.probe_count - 1
    return ExceptionalCodes(probes[own], values[positions[own]], values[0])


def _to_numbers(feature: CategoricalFeature, values: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise UnsupportedColumnError("column {} reaches the model as text", feature.column) from error


def _unknown_error(feature: CategoricalFeature) -> UnsupportedModelError:
    return UnsupportedColumnError("the model treats unknown categories of column {} differently", feature.column)
