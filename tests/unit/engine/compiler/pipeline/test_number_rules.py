"""The rules for bins, functions, powers and quantiles, applied to features of numbers."""

from typing import Any

import numpy as np
import pytest
from sklearn.impute import MissingIndicator
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
)

from ml_census.engine.compiler.pipeline import number_rules
from ml_census.engine.compiler.pipeline.features import OpaqueFeature, UnsupportedModelError
from ml_census.engine.runtime.linear.linear_model import NumericFeature

NUMBERS = np.random.default_rng(0).normal(size=(80, 2)) + 9
FEATURES: list[Any] = [NumericFeature(0), NumericFeature(1)]
BINS = {"n_bins": 3, "quantile_method": "averaged_inverted_cdf"}
RULES: dict[str, tuple[Any, Any]] = {
    "Binarizer": (number_rules.binarize, Binarizer(threshold=9)),
    "bins": (number_rules.discretize, KBinsDiscretizer(encode="ordinal", **BINS)),
    "one bin": (number_rules.discretize, KBinsDiscretizer(encode="ordinal", **BINS)),
    "one-hot bins": (number_rules.discretize, KBinsDiscretizer(encode="onehot-dense", **BINS)),
    "function": (number_rules.apply_function, FunctionTransformer(np.sqrt)),
    "power": (number_rules.transform_power, PowerTransformer()),
    "Box-Cox": (number_rules.transform_power, PowerTransformer("box-cox")),
    "quantiles": (number_rules.transform_quantiles, QuantileTransformer(n_quantiles=9)),
    "normal": (number_rules.transform_quantiles, QuantileTransformer(n_quantiles=9, output_distribution="normal")),
}


@pytest.mark.filterwarnings("ignore:Feature 1 is constant")
@pytest.mark.parametrize("name", RULES)
def test_features_have_the_values_of_the_step(name: str) -> None:
    rule, step = RULES[name]
    numbers = NUMBERS * [1, name != "one bin"]  # one bin: the second column is constant
    expected = step.fit_transform(numbers)

    features = rule(step, FEATURES)

    columns = [feature.values(numbers[:, feature.column]) for feature in features]
    np.testing.assert_allclose(np.column_stack(columns), expected, rtol=1e-12)


@pytest.mark.parametrize(("features", "count"), [("all", 2), ("missing-only", 1)])
def test_indicator_is_a_feature_of_its_column(features: str, count: int) -> None:
    step = MissingIndicator(features=features).fit([[1, np.nan], [2, 3]])

    found = number_rules.indicate(step, FEATURES)

    assert found[-1] == NumericFeature(1, (("missing", 1.0),))
    assert len(found) == count


def test_powers_of_one_column_are_features_and_products_are_not() -> None:
    step = PolynomialFeatures(2).fit(NUMBERS)

    found = number_rules.expand_powers(step, FEATURES)

    powers = [(feature.column, feature.operations) for feature in found if isinstance(feature, NumericFeature)]
    assert powers == [(0, (("power", 0.0),)), (0, (("power", 1.0),)), (1, (("power", 1.0),)), (0, (("power", 2.0),)),
                      (1, (("power", 2.0),))]  # fmt: skip
    assert found[4] == OpaqueFeature(0, is_product=True)


UNSUPPORTED: dict[str, tuple[Any, Any, str]] = {
    "float32": (number_rules.discretize, KBinsDiscretizer(dtype=np.float32, **BINS), "float32"),
    "function": (number_rules.apply_function, FunctionTransformer(np.sign), "the function sign"),
    "arguments": (number_rules.apply_function, FunctionTransformer(np.log, kw_args={"where": True}), "kw_args"),
    "zeros": (number_rules.indicate, MissingIndicator(missing_values=0), "numbers that are not NaN"),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported_option_is_named(name: str) -> None:
    rule, step, reason = UNSUPPORTED[name]
    step.fit(NUMBERS)

    with pytest.raises(UnsupportedModelError, match=reason):
        rule(step, FEATURES)


def test_quantiles_of_a_column_without_values_are_not_compiled() -> None:
    step = QuantileTransformer(n_quantiles=3).fit(NUMBERS)
    step.quantiles_[:, 0] = np.nan

    with pytest.raises(UnsupportedModelError, match="a column without values"):
        number_rules.transform_quantiles(step, FEATURES)
