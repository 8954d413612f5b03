"""Pipelines that must compile: support vector machines with a linear kernel."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, NuSVR

from support.compile_data import CATEGORIES, LABELS, MEASURES, MONEY, NUMBERS, THREE, CompileCase, columns_of, of_frame

FIVE = np.digitize(NUMBERS[:, 0] + NUMBERS[:, 1], [25, 45, 60, 75])
CLASSIFIERS = (
    SVC(kernel="linear"),
    SVC(kernel="linear", decision_function_shape="ovo"),
    NuSVC(kernel="linear", nu=0.1),
)
REGRESSORS = (SVR(kernel="linear"), NuSVR(kernel="linear"))


def scaled(model: Any, labels: Any) -> Callable[[], CompileCase]:
    return lambda: CompileCase(make_pipeline(StandardScaler(), clone(model)).fit(NUMBERS, labels), NUMBERS)


def of_a_sparse_matrix() -> CompileCase:
    columns = columns_of(
        (OneHotEncoder(handle_unknown="ignore"), CATEGORIES), (StandardScaler(with_mean=False), MEASURES)
    )
    return of_frame(columns.set_params(sparse_threshold=1), SVC(kernel="linear"), labels=THREE)


CASES: dict[str, Callable[[], CompileCase]] = {
    **{f"{model}, two classes": scaled(model, LABELS) for model in CLASSIFIERS},
    **{f"{model}, five classes": scaled(model, FIVE) for model in CLASSIFIERS},
    **{f"{model}": scaled(model, MONEY / 100) for model in REGRESSORS},
    "SVC that breaks ties, two classes": scaled(SVC(kernel="linear", break_ties=True), LABELS),
    "SVC of names": scaled(SVC(kernel="linear"), np.array(["low", "middle", "high"])[THREE]),
    "SVC of a sparse matrix": of_a_sparse_matrix,
}
