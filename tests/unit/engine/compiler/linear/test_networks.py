"""Small neural networks are compiled and verified, and the reason names what does not compile."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.compiler.linear.networks import MAX_WEIGHTS
from ml_census.engine.compiler.pipeline.features import UnsupportedModelError
from ml_census.models.schema_inference import infer_schema
from support.compile_cases_networks import CASES, SETTINGS
from support.compile_data import LABELS, NUMBERS


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:Found unknown categories in columns")
@pytest.mark.filterwarnings("ignore:overflow encountered in exp:RuntimeWarning")
def test_compiled_network_is_verified(name: str) -> None:
    _, engine = compile_and_verify(CASES[name]().original())

    assert engine.kind == "compiled", engine


def test_large_network_is_not_compiled() -> None:
    model = MLPRegressor(hidden_layer_sizes=(2,), **SETTINGS).fit(NUMBERS, LABELS)
    model.coefs_[0] = np.zeros((2, MAX_WEIGHTS))

    with pytest.raises(UnsupportedModelError, match=f"network of {2 * MAX_WEIGHTS + 2} weights, maximum {MAX_WEIGHTS}"):
        compile_model(model, infer_schema(model))


@pytest.mark.parametrize("count", [2, 3])
def test_network_of_several_labels_is_not_compiled(count: int) -> None:
    model = MLPClassifier((2,), **SETTINGS).fit(NUMBERS, np.column_stack([LABELS, 1 - LABELS, LABELS])[:, :count])

    with pytest.raises(UnsupportedModelError, match="no rule for a MLPClassifier of several outputs"):
        compile_model(model, infer_schema(model))


def test_unknown_activation_function_is_not_compiled() -> None:
    model = MLPRegressor(hidden_layer_sizes=(2,), **SETTINGS).fit(NUMBERS, LABELS)
    model.activation = "swish"

    with pytest.raises(UnsupportedModelError, match="no rule for the activation function of a MLPRegressor"):
        compile_model(model, infer_schema(model))
