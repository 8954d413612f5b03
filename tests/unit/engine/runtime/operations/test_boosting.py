"""Operations of AdaBoost compute as scikit-learn does."""

from typing import Any

import numpy as np
import pytest

from ml_census.engine.runtime.operations import OPERATIONS, Operation, Shape
from ml_census.engine.runtime.operations.boosting import BoostingDecision, BoostingLogits, WeightedMedian


@pytest.mark.parametrize(
    ("operation", "inputs", "expected"),
    [
        (BoostingDecision(2.0), [Shape(2)], Shape(1)),
        (BoostingDecision(2.0), [Shape(3)], Shape(3)),
        (BoostingLogits(), [Shape(1)], Shape(2)),
        (BoostingLogits(), [Shape(3)], Shape(3)),
        (WeightedMedian([1.0, 2.0, 1.0]), [Shape(2), Shape(1)], Shape(1)),
    ],
    ids=str,
)
def test_shape_follows_from_the_inputs(operation: Operation, inputs: list[Shape], expected: Shape) -> None:
    assert operation.shape(inputs) == expected


@pytest.mark.parametrize(
    ("operation", "inputs"),
    [
        (BoostingDecision(2.0), [Shape(1)]),
        (BoostingDecision(2.0), [Shape(2, True)]),
        (BoostingLogits(), [Shape(2)]),
        (BoostingLogits(), [Shape(3, True)]),
        (WeightedMedian([1.0, 2.0, 1.0]), [Shape(2)]),
        (WeightedMedian([1.0, 2.0]), [Shape(2, True)]),
        (WeightedMedian([]), []),
    ],
    ids=str,
)
def test_inputs_of_other_shapes_are_rejected(operation: Operation, inputs: list[Shape]) -> None:
    with pytest.raises(ValueError):
        operation.shape(inputs)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("BoostingDecision", {"total": 0}),
        ("BoostingDecision", {"total": "1"}),
        ("WeightedMedian", {"weights": [1, None]}),
        ("WeightedMedian", {"weights": 1}),
    ],
    ids=str,
)
def test_invalid_fields_are_rejected(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        OPERATIONS[name](**fields)


def test_decision_of_two_classes_is_one_number() -> None:
    assert BoostingDecision(4.0).apply([np.array([[3.0, -3.0], [-1.0, 1.0]])]).tolist() == [[-1.5], [0.5]]


def test_decision_of_three_classes_is_a_number_for_each() -> None:
    assert BoostingDecision(2.0).apply([np.array([[2.0, -1.0, -1.0]])]).tolist() == [[1.0, -0.5, -0.5]]


def test_logits_divide_by_the_number_of_other_classes() -> None:
    assert BoostingLogits().apply([np.array([[3.0]])]).tolist() == [[-1.5, 1.5]]
    assert BoostingLogits().apply([np.array([[2.0, -1.0, -1.0]])]).tolist() == [[1.0, -0.5, -0.5]]


@pytest.mark.parametrize(
    ("weights", "expected"), [([1.0, 1.0, 1.0], 2.0), ([3.0, 1.0, 1.0], 3.0), ([1.0, 2.0, 1.0], 1.0)]
)
def test_median_is_the_first_number_with_half_of_the_weights(weights: list[float], expected: float) -> None:
    numbers = [np.array([[3.0, 1.0]]), np.array([[2.0]])]

    assert WeightedMedian(weights).apply(numbers).tolist() == [[expected]]
