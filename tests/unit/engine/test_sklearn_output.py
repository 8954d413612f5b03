"""Predictions of each dtype become values that JSON has, or are rejected with their dtype."""

import json
from typing import Any

import numpy as np
import pytest

from ml_census.engine.sklearn_output import class_labels, probabilities_by_row, squeeze_single_target, to_python
from ml_census.schema import SchemaError


@pytest.mark.parametrize("dtype", ["int8", "uint64", "float16", "float32", "longdouble", "bool", "str", "object"])
def test_predictions_of_each_dtype_are_json_values(dtype: str) -> None:
    array = np.array([np.int64(1) if dtype == "object" else 1], dtype=dtype)

    (value,) = to_python(array)

    assert json.loads(json.dumps(value)) == array[0].item() if dtype != "longdouble" else value == 1.0
    assert type(value) in (int, float, bool, str)


def test_tables_of_objects_become_nested_lists() -> None:
    assert to_python(np.array([["a", np.int64(2)], [None, 1.5]], dtype=object)) == [["a", 2], [None, 1.5]]


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.array([b"x"]), "|S1"),
        (np.array(["2024-01-01"], "datetime64[ns]"), r"datetime64\[ns\]"),
        (np.array([1j]), "complex128"),
        (np.array([(1, 2), 0], object)[:1], "tuple"),
    ],
    ids=["bytes", "date", "complex", "tuple"],
)
def test_predictions_that_json_does_not_have_are_rejected(array: np.ndarray, dtype: str) -> None:
    with pytest.raises(SchemaError, match=f"the model predicts {dtype}, which JSON does not have"):
        to_python(array)


@pytest.mark.parametrize(
    ("predictions", "expected"), [([[1], [2]], [1, 2]), ([[1, 2]], [[1, 2]]), ([1, 2], [1, 2]), ([], [])]
)
def test_only_single_targets_are_squeezed(predictions: list[Any], expected: list[Any]) -> None:
    assert squeeze_single_target(predictions) == expected


@pytest.mark.parametrize(
    ("result", "outputs", "expected"),
    [
        (np.array([[0.25, 0.75]]), None, [[0.25, 0.75]]),
        ([np.array([[0.25, 0.75]])], None, [[0.25, 0.75]]),
        ([np.array([[0.5, 0.5]]), np.array([[0.0, 1.0]])], [[0, 1], [0, 1]], [[[0.5, 0.5], [0.0, 1.0]]]),
        (np.array([[0.25, 1.0]]), [[0, 1], [0, 1]], [[[0.75, 0.25], [0.0, 1.0]]]),
    ],
    ids=["one output", "one output in a list", "arrays by output", "probabilities of label 1"],
)
def test_probabilities_are_lists_by_row(result: Any, outputs: Any, expected: list[Any]) -> None:
    assert probabilities_by_row(result, outputs) == expected


class Model:
    """A model with these attributes."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__ |= attributes

    def predict_proba(self, rows: Any) -> Any: ...


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Model(classes_=np.array(["a", "b"])), ["a", "b"]),
        (Model(classes_=[np.array([0, 1])]), [0, 1]),
        (Model(classes_=[np.array([0, 1]), np.array([0, 1])]), None),
        (Model(labels_=np.array([2, 0, 2])), [0, 2]),
        (Model(weights_=np.array([0.5, 0.5])), [0, 1]),
        (Model(), None),
    ],
    ids=["classes", "one output", "two outputs", "clusters", "mixture", "regressor"],
)
def test_class_labels_are_found_where_each_model_has_them(model: Model, expected: list[Any] | None) -> None:
    assert class_labels(model) == expected
