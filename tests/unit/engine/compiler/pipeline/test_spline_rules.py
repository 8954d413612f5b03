"""The rule for splines gives the values of scikit-learn, inside and outside of the knots."""

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import SplineTransformer

from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.engine.compiler.pipeline.spline_rules import transform_splines
from ml_census.engine.runtime.linear.linear_model import NumericFeature

NUMBERS = np.random.default_rng(0).normal(size=(80, 2)) * [1, 100]
FEATURES: list[Any] = [NumericFeature(0), NumericFeature(1)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("extrapolation", ["constant", "linear", "continue", "periodic"])
def test_features_have_the_values_of_the_step(extrapolation: str, degree: int, bias: bool) -> None:
    if (extrapolation, degree) == ("linear", 1):
        degree = 4
    step = SplineTransformer(extrapolation=extrapolation, degree=degree, include_bias=bias, n_knots=6).fit(NUMBERS)
    numbers = np.vstack([NUMBERS, NUMBERS * 3, NUMBERS.max(axis=0), NUMBERS.min(axis=0)])

    features = transform_splines(step, FEATURES)

    columns = [
        feature.values(numbers[:, feature.column]) for feature in features if isinstance(feature, NumericFeature)
    ]
    np.testing.assert_allclose(np.column_stack(columns), step.transform(numbers), rtol=1e-9, atol=1e-12)


def test_number_beyond_the_knots_is_rejected_as_the_step_does() -> None:
    step = SplineTransformer(extrapolation="error").fit(NUMBERS)
    highest = NUMBERS[:, 0].max()

    (feature, *_) = transform_splines(step, FEATURES)

    assert isinstance(feature, NumericFeature)
    assert np.isinf(feature.values(np.array([-99, highest, np.nextafter(highest, 99)]))).tolist() == [True, False, True]


@pytest.mark.parametrize(("degree", "extrapolation"), [(0, "constant"), (1, "linear")])
def test_degree_of_columns_that_differ_is_not_compiled(degree: int, extrapolation: str) -> None:
    step = SplineTransformer(degree=degree, extrapolation=extrapolation).fit(NUMBERS)

    with pytest.raises(UnsupportedModelError, match=f"no rule for a SplineTransformer of degree {degree}"):
        transform_splines(step, FEATURES)
