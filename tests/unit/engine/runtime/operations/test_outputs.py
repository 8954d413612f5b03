"""Operations of several outputs, pairs of classes and transformed targets compute as scikit-learn does."""

from typing import Any

import numpy as np
import pytest

from ml_census.engine.runtime.operations import OPERATIONS, Operation, Shape
from ml_census.engine.runtime.operations.outputs import Columnwise, Concatenate, PairDecision, RestShares

CLASSES = Shape(2, True)
EXPONENTIAL = Columnwise([[["exp"]], [["multiply", 2.0], ["add", 1.0]]])


@pytest.mark.parametrize(
    ("operation", "inputs", "expected"),
    [
        (Concatenate(), [Shape(2), Shape(1)], Shape(3)),
        (EXPONENTIAL, [Shape(2)], Shape(2)),
        (RestShares(), [Shape(1)], Shape(2)),
        (RestShares(), [Shape(3)], Shape(3)),
        (PairDecision(2), [CLASSES, Shape(1)], Shape(2)),
        (PairDecision(3), [CLASSES] * 3 + [Shape(1)] * 3, Shape(3)),
    ],
    ids=str,
)
def test_shape_follows_from_the_inputs(operation: Operation, inputs: list[Shape], expected: Shape) -> None:
    assert operation.shape(inputs) == expected


@pytest.mark.parametrize(
    ("operation", "inputs"),
    [
        (Concatenate(), []),
        (Concatenate(), [CLASSES]),
        (EXPONENTIAL, [Shape(3)]),
        (EXPONENTIAL, [CLASSES]),
        (Columnwise([]), [Shape(0)]),
        (RestShares(), [CLASSES]),
        (PairDecision(2), [Shape(1), CLASSES]),
        (PairDecision(3), [CLASSES, Shape(1)]),
    ],
    ids=str,
)
def test_inputs_of_other_shapes_are_rejected(operation: Operation, inputs: list[Shape]) -> None:
    with pytest.raises(ValueError):
        operation.shape(inputs)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Columnwise", {"operations": [[["tanh"]]]}),
        ("Columnwise", {"operations": [[["add"]]]}),
        ("Columnwise", {"operations": [[["add", "1"]]]}),
        ("Columnwise", {"operations": ["exp"]}),
        ("Columnwise", {"operations": "exp"}),
        ("PairDecision", {"classes": 1}),
        ("PairDecision", {"classes": 3.0}),
    ],
    ids=str,
)
def test_invalid_fields_are_rejected(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        OPERATIONS[name](**fields)


def test_each_column_has_its_operations() -> None:
    assert EXPONENTIAL.apply([np.array([[0.0, 3.0]])]).tolist() == [[1.0, 7.0]]


def test_float32_stays_float32() -> None:
    numbers = np.ones((1, 2), dtype=np.float32)

    assert str(EXPONENTIAL.apply([numbers]).dtype) == "float32"


def test_row_of_zeros_keeps_its_probabilities() -> None:
    assert RestShares().apply([np.array([[1.0, 3.0, 0.0], [0.0, 0.0, 0.0]])]).tolist() == [[0.25, 0.75, 0], [0, 0, 0]]
    assert RestShares().apply([np.array([[0.25]])]).tolist() == [[0.75, 0.25]]


def test_scores_decide_between_equal_votes() -> None:
    """Each class has one vote. The second class has the highest sum of scores."""
    positions = [np.array([1]), np.array([0]), np.array([1])]
    scores = [np.array([[3.0]]), np.array([[-0.5]]), np.array([[0.5]])]

    (decision,) = PairDecision(3).apply([*positions, *scores])

    assert decision.tolist() == [1 - 2.5 / 10.5, 1 + 2.5 / 10.5, 1 + 0.0]
