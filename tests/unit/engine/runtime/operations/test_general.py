"""Operations compute as scikit-learn does, and accept only inputs of matching shapes."""

from typing import Any

import numpy as np
import pytest

from ml_census.engine.runtime.operations import OPERATIONS, Operation, Shape
from ml_census.engine.runtime.operations.general import (
    Choose,
    Link,
    Lookup,
    Mean,
    Select,
    Spread,
    Sum,
    Threshold,
    Votes,
)

TWO, ONE, THREE = Shape(2), Shape(1), Shape(3)
CLASSES = Shape(2, True)


@pytest.mark.parametrize(
    ("operation", "inputs", "expected"),
    [
        (Link("logistic"), [ONE], TWO),
        (Link("softmax"), [THREE], THREE),
        (Choose(), [ONE], CLASSES),
        (Choose(), [THREE], Shape(3, True)),
        (Threshold(0.5, 1, False), [TWO], CLASSES),
        (Mean(), [TWO, TWO], TWO),
        (Mean([1, 0.5]), [THREE, THREE], THREE),
        (Votes([1, 2], 2), [CLASSES, CLASSES], TWO),
        (Sum(2, True), [THREE, THREE], THREE),
        (Spread([2, 0], 3), [TWO], THREE),
        (Lookup([[1, 2, 3], [4, 5, 6]]), [CLASSES], THREE),
        (Select([2, 0]), [THREE], TWO),
    ],
    ids=str,
)
def test_shape_follows_from_the_inputs(operation: Operation, inputs: list[Shape], expected: Shape) -> None:
    assert operation.shape(inputs) == expected


@pytest.mark.parametrize(
    ("operation", "inputs"),
    [
        (Link("logistic"), [TWO]),
        (Link("softmax"), [CLASSES]),
        (Link("softmax"), []),
        (Link("softmax"), [ONE, ONE]),
        (Choose(), [CLASSES]),
        (Threshold(0.5, 1, False), [THREE]),
        (Mean(), []),
        (Mean(), [ONE, TWO]),
        (Mean([1, 0.5]), [ONE]),
        (Mean(), [CLASSES]),
        (Votes([1], 2), [TWO]),
        (Votes([1], 3), [CLASSES]),
        (Votes([1, 2], 2), [CLASSES]),
        (Votes([], 2), []),
        (Sum(2, True), []),
        (Sum(2, True), [ONE, TWO]),
        (Sum(2, True), [CLASSES]),
        (Spread([2, 0], 3), [THREE]),
        (Spread([2, 0], 3), [CLASSES]),
        (Lookup([[1], [2]]), [TWO]),
        (Select([2]), [TWO]),
        (Select([0]), [CLASSES]),
        (Lookup([[1], [2]]), [Shape(3, True)]),
    ],
    ids=str,
)
def test_inputs_of_other_shapes_are_rejected(operation: Operation, inputs: list[Shape]) -> None:
    with pytest.raises(ValueError):
        operation.shape(inputs)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Choose", {"zero_is_second": 1}),
        ("Threshold", {"threshold": "0.5", "positive": 1, "double": True}),
        ("Threshold", {"threshold": float("nan"), "positive": 1, "double": True}),
        ("Threshold", {"threshold": 0.5, "positive": 2, "double": True}),
        ("Threshold", {"threshold": 0.5, "positive": True, "double": True}),
        ("Threshold", {"threshold": 0.5, "positive": 1, "double": 1}),
        ("Mean", {"weights": "12"}),
        ("Mean", {"weights": [1, "2"]}),
        ("Mean", {"weights": [1, -1]}),
        ("Mean", {"weights": [float("inf")]}),
        ("Votes", {"weights": None, "classes": 2}),
        ("Votes", {"weights": [1], "classes": 2.0}),
        ("Sum", {"divisor": 0, "double": True}),
        ("Sum", {"divisor": "2", "double": True}),
        ("Sum", {"divisor": 2, "double": 1}),
        ("Spread", {"columns": [3], "width": 3}),
        ("Spread", {"columns": [-1], "width": 3}),
        ("Spread", {"columns": [1, 1], "width": 3}),
        ("Spread", {"columns": [1.0], "width": 3}),
        ("Spread", {"columns": "1", "width": 3}),
        ("Spread", {"columns": [1], "width": 3.0}),
        ("Lookup", {"table": []}),
        ("Select", {"columns": [-1]}),
        ("Select", {"columns": [True]}),
        ("Select", {"columns": "0"}),
        ("Lookup", {"table": [[1], [2, 3]]}),
        ("Lookup", {"table": [["1"]]}),
        ("Lookup", {"table": {"0": [1]}}),
    ],
    ids=str,
)
def test_invalid_fields_are_rejected(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        OPERATIONS[name](**fields)


def test_unknown_link_is_rejected() -> None:
    with pytest.raises(ValueError):
        Link("tanh").shape([ONE])


@pytest.mark.parametrize(("zero_is_second", "expected"), [(False, [0, 0, 1]), (True, [0, 1, 1])])
def test_single_score_chooses_by_its_sign(zero_is_second: bool, expected: list[int]) -> None:
    assert Choose(zero_is_second).apply([np.array([[-1.0], [0.0], [1.0]])]).tolist() == expected


def test_score_of_the_first_class_is_negated() -> None:
    scores = np.array([[-2.0], [0.0], [2.0]])

    assert Threshold(1.0, 0, False).apply([scores]).tolist() == [0, 1, 1]


def test_votes_are_the_sum_of_weights() -> None:
    positions = [np.array([0, 1]), np.array([1, 1]), np.array([2, 0])]

    assert Votes([1, 0.5, 2], 3).apply(positions).tolist() == [[1, 0.5, 2], [2, 1.5, 0]]


def test_mean_of_float32_stays_float32() -> None:
    thirds = [np.full((1, 1), 1 / 3, dtype=np.float32), np.full((1, 1), 2 / 3, dtype=np.float32)]

    dtypes = [str(mean.apply(thirds).dtype) for mean in (Mean(), Mean([1.0, 1.0]))]

    assert dtypes == ["float32", "float64"]


def test_sum_of_float32_is_float64_if_it_starts_so() -> None:
    """The class probabilities of XGBoost are float32. scikit-learn adds them to zeros of float64."""
    numbers = [np.full((1, 1), 0.1, dtype=np.float32)] * 3

    assert Sum(3, True).apply(numbers).item() == float(np.float32(0.1)) * 3 / 3
    assert str(Sum(3, False).apply(numbers).dtype) == "float32"


def test_columns_are_spread_among_zeros() -> None:
    assert Spread([2, 0], 3).apply([np.array([[0.25, 0.75]])]).tolist() == [[0.75, 0, 0.25]]


def test_lookup_returns_the_numbers_of_each_class() -> None:
    assert Lookup([[1, 2], [3, 4]]).apply([np.array([1, 0, 1])]).tolist() == [[3, 4], [1, 2], [3, 4]]


def test_columns_are_selected_in_their_order() -> None:
    assert Select([2, 0]).apply([np.array([[1, 2, 3]])]).tolist() == [[3, 1]]
