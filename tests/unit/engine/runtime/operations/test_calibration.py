"""Operations of CalibratedClassifierCV compute as scikit-learn and SciPy do."""

from typing import Any

import numpy as np
import pytest
from scipy.interpolate import interp1d
from scipy.special import expit

from ml_census.engine.runtime.operations import OPERATIONS, Operation, Shape
from ml_census.engine.runtime.operations.calibration import Interpolations, Shares, Sigmoids, Temperature

POINTS = [[-1.0, 0.0, 2.5], [0.1, 0.3, 0.9]]
SCORES = np.random.default_rng(0).normal(size=(1000, 1)) * 2


@pytest.mark.parametrize(
    ("operation", "inputs", "expected"),
    [
        (Sigmoids([-1.0, 2.0], [0.0, 1.0]), [Shape(2)], Shape(2)),
        (Interpolations([POINTS], False), [Shape(1)], Shape(1)),
        (Shares(), [Shape(1)], Shape(2)),
        (Shares(), [Shape(3)], Shape(3)),
        (Temperature(2.0, True), [Shape(2)], Shape(2)),
        (Temperature(2.0, False), [Shape(1)], Shape(2)),
    ],
    ids=str,
)
def test_shape_follows_from_the_inputs(operation: Operation, inputs: list[Shape], expected: Shape) -> None:
    assert operation.shape(inputs) == expected


@pytest.mark.parametrize(
    ("operation", "inputs"),
    [
        (Sigmoids([-1.0], [0.0]), [Shape(2)]),
        (Sigmoids([-1.0, 2.0], [0.0]), [Shape(2)]),
        (Interpolations([POINTS], False), [Shape(2)]),
        (Interpolations([POINTS, POINTS], False), [Shape(2, True)]),
        (Shares(), [Shape(2, True)]),
        (Temperature(2.0, True), [Shape(2, True)]),
    ],
    ids=str,
)
def test_inputs_of_other_shapes_are_rejected(operation: Operation, inputs: list[Shape]) -> None:
    with pytest.raises(ValueError):
        operation.shape(inputs)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Sigmoids", {"slopes": ["1"], "intercepts": [1]}),
        ("Sigmoids", {"slopes": [1], "intercepts": 1}),
        ("Interpolations", {"points": [[[0, 1], [1]]], "single": False}),
        ("Interpolations", {"points": [[[1, 0], [0, 1]]], "single": False}),
        ("Interpolations", {"points": [[[0, 1e-60], [0, 1]]], "single": True}),
        ("Interpolations", {"points": [[[], []]], "single": False}),
        ("Interpolations", {"points": [[[0], [1]]], "single": 1}),
        ("Interpolations", {"points": {}, "single": False}),
        ("Interpolations", {"points": [[[0]]], "single": False}),
        ("Temperature", {"beta": "1", "of_probabilities": True}),
        ("Temperature", {"beta": 1, "of_probabilities": 1}),
    ],
    ids=str,
)
def test_invalid_fields_are_rejected(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        OPERATIONS[name](**fields)


def test_sigmoid_equals_the_one_of_scipy() -> None:
    scores = SCORES[:, 0]

    assert Sigmoids([-1.5], [0.3]).apply([SCORES])[:, 0].tolist() == expit(-(-1.5 * scores + 0.3)).tolist()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_interpolation_equals_the_one_of_scipy(dtype: Any) -> None:
    numbers, values = (np.array(each, dtype=dtype) for each in POINTS)
    scores = SCORES[:, 0].astype(dtype)
    expected = interp1d(numbers, values)(np.clip(scores, -1, 2.5)).astype(dtype)

    result = Interpolations([POINTS], dtype == np.float32).apply([scores[:, np.newaxis]])

    assert result[:, 0].tolist() == expected.tolist()


def test_interpolation_of_one_point_is_constant() -> None:
    assert Interpolations([[[1.0], [0.25]]], False).apply([np.array([[0.0], [2.0]])]).tolist() == [[0.25], [0.25]]


def test_shares_add_up_to_one() -> None:
    assert Shares().apply([np.array([[1.0, 3.0, 0.0], [0.0, 0.0, 0.0]])]).tolist() == [[0.25, 0.75, 0], [1 / 3] * 3]
    assert Shares().apply([np.array([[0.25]])]).tolist() == [[0.75, 0.25]]


def test_probability_slightly_above_one_becomes_one() -> None:
    assert Shares().apply([np.array([[1.000001], [1.001]])])[:, 1].tolist() == [1.0, 1.001]


def test_temperature_of_probabilities_is_that_of_their_logarithms() -> None:
    """Probabilities to the power of beta, in shares, are the result."""
    probabilities = np.array([[0.2, 0.3, 0.5]])

    result = Temperature(2.0, True).apply([probabilities])

    np.testing.assert_allclose(result, probabilities**2 / (probabilities**2).sum(), rtol=1e-9)


def test_temperature_of_one_score_is_that_of_two() -> None:
    score = np.array([[0.7]])

    result = Temperature(0.5, False).apply([score])

    np.testing.assert_allclose(result[:, 1], expit(score[:, 0]), rtol=1e-12)
