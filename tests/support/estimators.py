"""Fit every estimator of scikit-learn on small data sets.

`ci/generate-allowed-globals.py` collects what the pickles of these models name. The tests publish and serve them.
"""

import warnings
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn import (
    compose,
    frozen,
    linear_model,
    preprocessing,
)
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.utils import all_estimators
from sklearn.utils._test_common.instance_generator import _construct_instances

ROWS = 60


@dataclass(frozen=True)
class Data:
    """A data set."""

    rows: Any
    targets: Any


def _datasets() -> dict[str, Data]:
    random = np.random.default_rng(3)
    numbers = random.uniform(0.1, 3, size=(ROWS, 4))
    score = numbers[:, 0] + numbers[:, 1] ** 2
    classes = np.digitize(score, np.quantile(score, [0.33, 0.66]))
    frame = pd.DataFrame(
        {
            "age": np.where(random.uniform(size=ROWS) < 0.1, np.nan, numbers[:, 0] * 20),
            "rooms": random.integers(1, 6, ROWS),
            "city": random.choice(np.array(["Bern", "Köln", "Graz"], dtype=object), ROWS),
            "member": random.integers(0, 2, ROWS).astype(bool),
            "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 500, ROWS), unit="D"),
        }
    )
    words = np.array(["cheap", "fine", "broken", "late", "good", "never"])
    documents = [" ".join(random.choice(words, 5)) for _ in range(ROWS)]
    return {
        "binary": Data(numbers, np.array(["no", "yes"])[(score > np.median(score)).astype(int)]),
        "classes": Data(numbers, classes),
        "regression": Data(numbers, score),
        "outputs": Data(numbers, np.column_stack([score, numbers[:, 2]])),
        "labels": Data(numbers, np.column_stack([classes > 0, numbers[:, 2] > 1]).astype(int)),
        "mixed": Data(frame, classes),
        "documents": Data(documents, classes),
    }


DATA = _datasets()


def instances() -> Iterator[tuple[str, BaseEstimator]]:
    """Yield each estimator of scikit-learn with the parameters of scikit-learn's own tests, and a name for it."""
    for name, estimator_class in all_estimators():
        if name == "FrozenEstimator":
            yield name, frozen.FrozenEstimator(linear_model.LogisticRegression().fit(*_pair("binary")))
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            variants = list(_construct_instances(estimator_class))
        for number, estimator in enumerate(variants):
            yield f"{name}{number or ''}", estimator


def _pair(data: str) -> tuple[Any, Any]:
    return DATA[data].rows, DATA[data].targets


def fitted(estimator: Any, data: str) -> Any | None:
    """Return the estimator fitted on a data set, or None where scikit-learn refuses it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return estimator.fit(*_pair(data))
        except Exception:
            return None


def models(only: Container[str] = DATA) -> Iterator[tuple[str, str, Any]]:
    """Yield estimator, data set and fitted model, for each pair that scikit-learn can fit."""
    for data in filter(only.__contains__, DATA):
        for name, estimator in instances():
            if name == "FrozenEstimator" and data != "binary":
                continue  # it was fitted on that data set
            if (model := fitted(for_data(estimator, data), data)) is not None:
                yield name, data, model


def for_data(estimator: Any, data: str) -> Any:
    """Return the estimator, for the mixed frame after a transformer into numbers."""
    return make_pipeline(mixed_to_numbers(), estimator) if data == "mixed" else estimator


def mixed_to_numbers() -> compose.ColumnTransformer:
    """Return a transformer of the mixed frame into numbers."""
    return compose.make_column_transformer(
        (make_pipeline(SimpleImputer(), preprocessing.MinMaxScaler()), ["age", "rooms"]),
        (preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["city"]),
        ("passthrough", ["member"]),
    )
