"""NaN and infinite numbers of a model are rejected. Minus infinity is the logarithm of 0."""

import numpy as np
import pytest

from ml_census.engine.runtime.finite import NotFiniteError, require_finite, require_logarithms


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_number_that_is_not_finite_is_rejected(number: float) -> None:
    with pytest.raises(NotFiniteError, match="^weights has NaN or an infinite number$"):
        require_finite("weights", np.array([0.0, number]))


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_number_that_is_no_logarithm_is_rejected(number: float) -> None:
    with pytest.raises(NotFiniteError, match="^log_priors has NaN or infinity$"):
        require_logarithms("log_priors", np.array([0.0, number]))


def test_finite_numbers_and_logarithms_of_0_are_accepted() -> None:
    require_finite("weights", np.array([-1e308, 0.0, 5e-324]))
    require_logarithms("log_priors", np.array([-np.inf, -1.0]))
