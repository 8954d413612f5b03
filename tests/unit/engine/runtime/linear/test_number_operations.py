"""Operations give the same values as the steps of scikit-learn, and reject what these steps reject."""

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
)

from ml_census.engine.runtime.linear.number_operations import UFUNCS, Operation, apply_operations

NUMBERS = np.random.default_rng(0).normal(size=500).round(2) * 3
POSITIVE = np.abs(NUMBERS) + 0.5
QUANTILES = np.quantile(NUMBERS, np.linspace(0, 1, 40)).tolist()


def fitted_quantiles(distribution: str) -> Any:
    step = QuantileTransformer(n_quantiles=40, output_distribution=distribution).fit(NUMBERS[:, np.newaxis])
    step.quantiles_ = np.array(QUANTILES)[:, np.newaxis]
    return step


def power_of(method: str, power: float) -> Any:
    step = PowerTransformer(method, standardize=False).fit(POSITIVE[:, np.newaxis])
    step.lambdas_ = np.array([power])
    return step


CASES: dict[str, tuple[Operation, Any, np.ndarray]] = {
    "between": (("between", float(np.nextafter(1, 2)), np.inf), Binarizer(threshold=1), NUMBERS),
    "power": (("power", 3.0), PolynomialFeatures((3, 3), include_bias=False), NUMBERS),
    "power of zero": (("power", 0.0), PolynomialFeatures((0, 0)), NUMBERS),
    "quantile": (("quantile", *QUANTILES), fitted_quantiles("uniform"), NUMBERS),
    "normal_quantile": (("normal_quantile", *QUANTILES), fitted_quantiles("normal"), NUMBERS),
    **{f"Yeo-Johnson {power}": (("yeo-johnson", power), power_of("yeo-johnson", power), NUMBERS)
       for power in (0.0, 2.0, 0.7, -1.5, 3.0)},
    **{f"Box-Cox {power}": (("box-cox", power), power_of("box-cox", power), POSITIVE) for power in (0.0, 1.0, -0.4)},
    **{each.__name__: ((each.__name__,), FunctionTransformer(each), POSITIVE) for each in UFUNCS},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_values_are_those_of_the_step(name: str) -> None:
    operation, step, numbers = CASES[name]
    rows = numbers[:, np.newaxis]
    expected = step.fit_transform(rows) if not hasattr(step, "n_features_in_") else step.transform(rows)

    np.testing.assert_allclose(apply_operations([operation], numbers), expected[:, -1], rtol=1e-12, atol=1e-12)


def test_bins_count_the_edges_up_to_the_number() -> None:
    step = KBinsDiscretizer(5, encode="ordinal", strategy="uniform").fit(NUMBERS[:, np.newaxis])
    edges = step.bin_edges_[0][1:-1].tolist()
    numbers = np.array([*edges, *np.nextafter(edges, -np.inf), -1e30, 1e30])

    codes = apply_operations([("bins", *edges)], numbers)

    assert codes.tolist() == step.transform(numbers[:, np.newaxis])[:, 0].tolist()


@pytest.mark.parametrize(
    "operation", [("bins", 1.0), ("between", 0.0, 1.0), ("power", 2.0), ("quantile", 0.0, 1.0),
                  ("normal_quantile", 0.0, 1.0), ("box-cox", 0.5)], ids=lambda operation: operation[0]
)  # fmt: skip
def test_rejected_number_becomes_infinite(operation: Operation) -> None:
    assert np.isinf(apply_operations([operation], np.array([-np.inf]))).all()


def test_spline_is_a_polynomial_in_each_piece() -> None:
    """Below 2: 10 + (x - 2). From 2 to 5: 2 * (x - 2). From 5 on: 7."""
    spline = ("spline", 1.0, 2.0, 5.0, 1.0, 10.0, 2.0, 0.0, 0.0, 7.0)

    values = apply_operations([spline], np.array([0.0, 2.0, 4.0, 5.0, 9.0, np.nan, np.inf]))

    assert values.tolist() == [8.0, 0.0, 4.0, 7.0, 7.0, 0.0, np.inf]


@pytest.mark.parametrize("name", ["quantile", "normal_quantile"])
def test_missing_value_has_no_quantile(name: str) -> None:
    assert np.isnan(apply_operations([(name, 0.0, 1.0)], np.array([np.nan]))).all()
