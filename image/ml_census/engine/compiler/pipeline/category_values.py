"""The values of a category column's feature by the codes of the column's encoder.

A feature has a value for each probe value: the missing one, the known categories, two unknown ones. The encoder has one
code for all unknown categories, so the values of the two unknown ones must be equal.
"""

from typing import Any, NamedTuple

import numpy as np

from ml_census.engine.compiler.pipeline.features import CategoricalFeature, UnsupportedModelError


class ExceptionalCodes(NamedTuple):
    """The codes whose value is not the usual one."""

    codes: np.ndarray
    values: np.ndarray
    usual: float
    """The value of all other codes."""


def values_by_code(feature: CategoricalFeature, dtype: Any) -> np.ndarray:
    """Return the feature's value for each code: dtype (codes,).

    Raises UnsupportedModelError if the values are no numbers, or differ among unknown categories.
    """
    values = _to_numbers(feature, feature.dense()).astype(dtype)
    if not np.array_equal(values[-1], values[-2], equal_nan=True):
        raise _unknown_error(feature)
    return values[:-1]


def exceptional_codes(feature: CategoricalFeature, dtype: Any) -> ExceptionalCodes:
    """Return the codes whose value is not the usual one; for a feature without exceptions all codes, beside 0.

    Raises UnsupportedModelError as values_by_code does.
    """
    if feature.exceptions is None:
        values = values_by_code(feature, dtype)
        return ExceptionalCodes(np.arange(len(values)), values, 0.0)
    probes, positions = feature.exceptions
    values = _to_numbers(feature, feature.values).astype(dtype)
    # no exception: the sum is 0, the position of the usual value
    last, other = (values[positions[probes == feature.probe_count - back].sum()] for back in (1, 2))
    if last != other and not (np.isnan(last) and np.isnan(other)):
        raise _unknown_error(feature)
    own = probes < feature.probe_count - 1
    return ExceptionalCodes(probes[own], values[positions[own]], values[0])


def _to_numbers(feature: CategoricalFeature, values: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise UnsupportedModelError(f"column {feature.column} reaches the model as text") from error


def _unknown_error(feature: CategoricalFeature) -> UnsupportedModelError:
    return UnsupportedModelError(f"the model treats unknown categories of column {feature.column} differently")
