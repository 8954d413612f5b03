"""The neural networks of scikit-learn: a linear model, then a layer for each further matrix of weights."""

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from ml_census.engine.compiler.linear.linear_compiler import compile_scores
from ml_census.engine.compiler.pipeline.features import Feature, UnsupportedModelError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.linear.layered_model import LayeredModel
from ml_census.engine.runtime.linear.layers import ACTIVATIONS, Dense
from ml_census.schema import Schema

NETWORKS = (MLPClassifier, MLPRegressor)
MAX_WEIGHTS = 1_000_000
"""Maximum number of weights of a network that compiles (default 1,000,000).

Compiled networks of 12,000, 1 million and 9 million weights predicted one row 5.2, 2.6
and 1.2 times as fast as scikit-learn: the matrix product takes most of the time. The
file has 8 bytes for each weight.
"""
LINKS = ("identity", "logistic", "softmax", "exp")
"""The activation functions of the last layer, and keys of the same functions in runtime/links.py."""


def compile_network(
    model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted MLPClassifier or MLPRegressor.

    `features` are the input columns of the model, after the steps of the pipeline.
    `classes` is None for a regressor. Raises UnsupportedModelError for a large network,
    several labels, or an unknown activation function, and as compile_scores() does.
    """
    _require_supported(model, classes)
    first, *others = zip(model.coefs_, model.intercepts_, strict=True)
    scoring = compile_scores(schema, features, _float64(first[0].T), _float64(first[1]))
    layers = [Dense(model.activation, _float64(weights), _float64(base)) for weights, base in others]
    predictor = LayeredModel(scoring, layers) if layers else scoring
    return CompiledPredictor(schema, predictor, classes, model.out_activation_, flat=model.n_outputs_ == 1)


def _require_supported(model: Any, classes: list[Any] | None) -> None:
    """Raise UnsupportedModelError for a large network, several labels, or an unknown activation function."""
    count = sum(weights.size for weights in model.coefs_)
    if count > MAX_WEIGHTS:
        raise UnsupportedModelError(f"no rule for a network of {count} weights, maximum {MAX_WEIGHTS}")
    has_several_labels = classes and len(classes) > 2 and model.out_activation_ == "logistic"
    if has_several_labels or (classes and model.n_outputs_ != (1 if len(classes) == 2 else len(classes))):
        raise UnsupportedModelError(f"no rule for a {type(model).__name__} of several outputs")
    if model.activation not in ACTIVATIONS or model.out_activation_ not in LINKS:
        raise UnsupportedModelError(f"no rule for the activation function of a {type(model).__name__}")


def _float64(values: Any) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.float64)
