"""The layers compute the formulas that their docstrings state."""

import numpy as np
import pytest

from ml_census.engine.runtime.layers import IndependentNormals, RotatedNormals

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
