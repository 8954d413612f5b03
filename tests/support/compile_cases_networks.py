"""Pipelines that must compile: neural networks."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from support.compile_data import (
    CATEGORIES,
    LABELS,
    MEASURES,
    MONEY,
    THREE,
    CompileCase,
    columns_of,
    of_frame,
    of_numbers,
)

SETTINGS = {"solver": "lbfgs", "max_iter": 9, "max_fun": 20, "tol": 1e9, "random_state": 0}
"""Settings with which a network is fitted within milliseconds, without a warning."""


def classifier(labels: Any = LABELS, **settings: Any) -> CompileCase:
    network = MLPClassifier(**{"hidden_layer_sizes": (5,)} | SETTINGS | settings)
    return of_numbers(StandardScaler(), network, labels=labels)


def regressor(labels: Any = MONEY, **settings: Any) -> CompileCase:
    network = MLPRegressor(**{"hidden_layer_sizes": (5,)} | SETTINGS | settings)
    return of_numbers(StandardScaler(), network, labels=labels)


def after_encoder() -> CompileCase:
    columns = columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES), (StandardScaler(), MEASURES))
    return of_frame(make_pipeline(columns, MLPClassifier((6, 4), **SETTINGS)), labels=np.array(["a", "b", "c"])[THREE])


CASES: dict[str, Callable[[], CompileCase]] = {
    "MLPClassifier": lambda: classifier(),
    "MLPClassifier, logistic": lambda: classifier(activation="logistic"),
    "MLPClassifier, tanh": lambda: classifier(activation="tanh"),
    "MLPClassifier, identity": lambda: classifier(activation="identity"),
    "MLPClassifier, multi-class": lambda: classifier(THREE, hidden_layer_sizes=(7, 5, 3)),
    "MLPClassifier without hidden layers": lambda: classifier(THREE, hidden_layer_sizes=()),
    "MLPClassifier after encoders": after_encoder,
    "MLPRegressor": lambda: regressor(),
    "MLPRegressor, Poisson": lambda: regressor(LABELS + 1.0, loss="poisson"),
    "MLPRegressor of several outputs": lambda: regressor(np.column_stack([MONEY, LABELS]), activation="tanh"),
}
