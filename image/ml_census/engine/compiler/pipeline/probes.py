"""Transform all probe values of category columns in one call of a fitted step.

The probe values of a column are a missing value, the known categories and two unknown
categories (features.py). With one call for each probe value, 4,000 categories took 31
s.
"""

import warnings
from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
from scipy.sparse import csc_array
from sklearn.preprocessing import LabelBinarizer

from ml_census.engine.compiler.pipeline.features import CategoricalFeature, Feature, UnsupportedModelError


def transform_probes(step: Any, features: Sequence[Feature]) -> Any:
    """Return the output of a fitted step for the probe values of all features: a dense or sparse array (rows, outputs).

    Input row i has values[i] of each category feature, and 0 for each number feature. A
    category feature with fewer values than rows repeats its last value. Raises
    UnsupportedModelError if the step raises an exception.
    """
    inputs = _probe_rows(features)
    try:
        with warnings.catch_warnings(action="ignore"):  # about missing column names and unknown categories
            result = _transform(step, inputs)
    except Exception as error:
        reason = f"{type(step).__name__} rejects a category of the schema: {type(error).__name__}"
        raise UnsupportedModelError(reason) from error
    return result if hasattr(result, "toarray") else np.asarray(result)


def _probe_rows(features: Sequence[Feature]) -> np.ndarray:
    rows = max((len(feature.values) for feature in features if isinstance(feature, CategoricalFeature)), default=1)
    columns = [
        feature.values[np.minimum(np.arange(rows), len(feature.values) - 1)]
        if isinstance(feature, CategoricalFeature)
        else np.zeros(rows)
        for feature in features
    ]
    return np.column_stack(columns) if columns else np.empty((rows, 0))


def _transform(step: Any, inputs: np.ndarray) -> Any:
    if type(step) is not LabelBinarizer:
        return step.transform(inputs)
    if len(step.classes_) > 2:
        return step.transform(inputs[:, 0])
    # One row at a time: for two classes, an unknown value in a batch changes the number
    # of output columns.
    return np.concatenate([_to_dense(step.transform(row[np.newaxis])) for row in inputs])


def _to_dense(result: Any) -> np.ndarray:
    return np.asarray(result.toarray() if hasattr(result, "toarray") else result)


def one_hot_features(
    step: Any, features: Sequence[CategoricalFeature], widths: Sequence[int]
) -> list[CategoricalFeature]:
    """Return the output features of a fitted OneHotEncoder or LabelBinarizer.

    `widths` has the number of output columns for each input feature. Raises
    UnsupportedModelError if the step rejects a probe value or returns another number of
    columns.
    """
    result = csc_array(transform_probes(_with_sparse_output(step), features))
    inputs = [feature for feature, width in zip(features, widths, strict=True) for _ in range(width)]
    if result.shape[1] != len(inputs):
        raise UnsupportedModelError(f"{type(step).__name__} returns {result.shape[1]} columns, expected {len(inputs)}")
    return [_sparse_column(feature, result, index) for index, feature in enumerate(inputs)]


def _with_sparse_output(step: Any) -> Any:
    """Return a copy of the encoder with sparse output. A dense output would have n * n numbers for n categories."""
    if hasattr(step, "sparse_output") and not getattr(step, "neg_label", 0):
        step = copy(step)
        step.sparse_output = True
        if hasattr(step, "set_output"):
            step.set_output(transform="default")
    return step


def _sparse_column(feature: CategoricalFeature, result: Any, index: int) -> CategoricalFeature:
    start, end = result.indptr[index : index + 2]
    probes, data = result.indices[start:end], result.data[start:end]
    own = probes < len(feature.values)  # the other rows repeat the last value, see transform_probes
    values, positions = np.unique(data[own], return_inverse=True)
    values = np.concatenate([np.zeros(1, dtype=values.dtype), values])
    return CategoricalFeature(feature.column, values, (probes[own], positions + 1), len(feature.values))
