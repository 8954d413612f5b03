"""The layers compute the formulas that their docstrings state."""

import numpy as np
import pytest

from ml_census.engine.runtime.finite import NotFiniteError
from ml_census.engine.runtime.linear.layers import ACTIVATIONS, Dense, IndependentNormals, RotatedNormals

MEANS, VARIANCES = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 4.0]]), np.array([[1.0, 4.0], [0.5, 1.0], [2.0, 2.0]])
CONSTANTS, PRIORS = -np.log(2 * np.pi * np.sqrt(VARIANCES.prod(axis=1))), np.log([0.2, 0.3, 0.5])
ROWS = np.array([[0.0, 1.0], [3.0, -1.0]])


def density(row: np.ndarray, index: int) -> float:
    exponent = -((row - MEANS[index]) ** 2 / VARIANCES[index]).sum() / 2
    return float(np.exp(exponent) / (2 * np.pi * np.sqrt(VARIANCES[index].prod())))


def test_logarithms_are_those_of_priors_and_densities() -> None:
    layer = IndependentNormals(MEANS, VARIANCES, CONSTANTS, PRIORS)

    expected = [[np.log(np.exp(prior) * density(row, index)) for index, prior in enumerate(PRIORS)] for row in ROWS]

    np.testing.assert_allclose(layer.apply(ROWS), expected)
    assert (layer.input_count, layer.output_count, layer.settings) == (2, 3, {})


def test_rotated_normals_with_diagonal_matrices_are_independent() -> None:
    spreads = np.array([np.diag(variances**-0.5) for variances in VARIANCES])

    rotated = RotatedNormals(MEANS, spreads, CONSTANTS, PRIORS)

    np.testing.assert_allclose(rotated.apply(ROWS), IndependentNormals(MEANS, VARIANCES, CONSTANTS, PRIORS).apply(ROWS))
    assert (rotated.input_count, rotated.output_count) == (2, 3)


def test_array_of_another_type_is_rejected() -> None:
    with pytest.raises(ValueError, match="spreads must be float64 with 2 axes"):
        IndependentNormals(MEANS, VARIANCES.astype(int), CONSTANTS, PRIORS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_dense_layer_applies_the_activation_before_the_weights(name: str) -> None:
    weights, base = np.array([[1.0], [-2.0]]), np.array([0.5])

    outputs = Dense(name, weights, base).apply(ROWS)

    expected = {
        "identity": [[-1.5], [5.5]],
        "relu": [[-1.5], [3.5]],
        "tanh": [[0.5 - 2 * np.tanh(1)], [0.5 + np.tanh(3) + 2 * np.tanh(1)]],
        "logistic": [[1 - 2 / (1 + np.exp(-1))], [0.5 + 1 / (1 + np.exp(-3)) - 2 / (1 + np.exp(1))]],
    }
    np.testing.assert_allclose(outputs, expected[name])


def test_logistic_activation_of_extreme_numbers_is_zero_or_one() -> None:
    assert ACTIVATIONS["logistic"](np.array([-1e308, 1e308])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("name", ["sigmoid", None, ["relu"]])
def test_unknown_activation_is_rejected(name: object) -> None:
    with pytest.raises(ValueError, match="the arrays of a layer do not match each other"):
        Dense(name, np.zeros((2, 1)), np.zeros(1))  # type: ignore[arg-type]


def test_setting_of_a_dense_layer_is_its_activation() -> None:
    assert Dense("relu", np.zeros((2, 1)), np.zeros(1)).settings == {"activation": "relu"}


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("index", range(4), ids=["means", "spreads", "constants", "log_priors"])
def test_number_that_is_not_finite_is_rejected(index: int, number: float) -> None:
    arrays = [MEANS.copy(), VARIANCES.copy(), CONSTANTS.copy(), PRIORS.copy()]
    arrays[index].flat[1] = number

    with pytest.raises(NotFiniteError, match="has NaN or"):
        IndependentNormals(*arrays)


def test_class_of_probability_0_is_never_the_most_probable() -> None:
    layer = IndependentNormals(MEANS, VARIANCES, CONSTANTS, np.array([-np.inf, 0.0, -np.inf]))

    assert layer.apply(ROWS).argmax(axis=1).tolist() == [1, 1]
