"""MultiOutputRegressor, RegressorChain and TransformedTargetRegressor are compiled."""

from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import FunctionTransformer, QuantileTransformer, StandardScaler

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.models.schema_inference import infer_schema
from support.compile_cases_targets import FOREST, TARGETS
from support.compile_data import MONEY, NUMBERS
from support.composed import assert_is_compiled, case

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories in columns")  # by scikit-learn, at edge rows


class Doubling(StandardScaler):
    """A subclass of a known scaler, whose inverse can be another one."""


@pytest.mark.parametrize("name", TARGETS)
def test_target_is_compiled_and_verified(name: str) -> None:
    assert_is_compiled(case(name), is_exact="linear" not in name)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        (
            {"transformer": QuantileTransformer(n_quantiles=10)},
            "no rule for the inverse of a QuantileTransformer",
        ),
        ({"transformer": Doubling()}, "no rule for the inverse of a Doubling in a TransformedTargetRegressor"),
        (
            {"func": np.sinh, "inverse_func": np.arctan, "check_inverse": False},
            "no rule for the inverse function arctan of a TransformedTargetRegressor",
        ),
        (
            {"func": np.exp, "inverse_func": lambda numbers: np.log(numbers), "check_inverse": False},
            "no rule for the inverse function <lambda> of a TransformedTargetRegressor",
        ),
        (
            {
                "transformer": FunctionTransformer(inverse_func=np.round, inv_kw_args={"decimals": 1}),
                "check_inverse": False,
            },
            "no rule for the inverse function round of a TransformedTargetRegressor",
        ),
    ],
    ids=["transformer", "subclass", "function", "lambda", "arguments"],
)
def test_other_inverse_is_refused(settings: dict[str, Any], match: str) -> None:
    model = TransformedTargetRegressor(FOREST, **settings).fit(NUMBERS, MONEY / 1e3)

    with pytest.raises(UnsupportedModelError, match=match):
        compile_model(model, infer_schema(model))
