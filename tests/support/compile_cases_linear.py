"""Pipelines that must compile: linear models, and models that predict a constant."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import clone, cross_decomposition, linear_model, svm
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from support.compile_data import LABELS, MONEY, THREE, CompileCase, encoded, of_numbers

TWO_OUTPUTS = np.column_stack([MONEY, LABELS])
NAMES = np.array(["low", "middle", "high"])[THREE]
REGRESSORS = (
    *(linear_model.LinearRegression(), linear_model.Ridge(), linear_model.RidgeCV()),
    *(linear_model.Lasso(), linear_model.LassoCV(cv=2, alphas=3)),
    *(linear_model.ElasticNet(), linear_model.ElasticNetCV(cv=2, alphas=3)),
    *(linear_model.Lars(), linear_model.LarsCV(cv=2), linear_model.LassoLars(alpha=0.1)),
    *(linear_model.LassoLarsCV(cv=2), linear_model.LassoLarsIC()),
    *(linear_model.OrthogonalMatchingPursuit(), linear_model.OrthogonalMatchingPursuitCV(cv=2)),
    *(linear_model.BayesianRidge(), linear_model.ARDRegression()),
    *(linear_model.HuberRegressor(), linear_model.TheilSenRegressor(random_state=0)),
    *(linear_model.QuantileRegressor(alpha=0), linear_model.SGDRegressor(random_state=0)),
    *(linear_model.SGDRegressor(average=True, random_state=0), svm.LinearSVR(random_state=0)),
    *(linear_model.PoissonRegressor(), linear_model.GammaRegressor(), linear_model.TweedieRegressor(power=1.5)),
    *(linear_model.TweedieRegressor(power=0), linear_model.TweedieRegressor(power=0, link="log")),
    *(
        linear_model.RANSACRegressor(random_state=0),
        linear_model.RANSACRegressor(linear_model.Ridge(), min_samples=9, random_state=0),
    ),
    *(cross_decomposition.PLSRegression(1), cross_decomposition.PLSRegression(2, scale=False)),
    *(DummyRegressor(), DummyRegressor(strategy="quantile", quantile=0.3)),
)
SEVERAL_OUTPUTS = (
    *(linear_model.LinearRegression(), linear_model.Ridge()),
    *(linear_model.MultiTaskLasso(), linear_model.MultiTaskLassoCV(cv=2, alphas=3)),
    *(linear_model.MultiTaskElasticNet(), linear_model.MultiTaskElasticNetCV(cv=2, alphas=3)),
    *(linear_model.Lars(), linear_model.OrthogonalMatchingPursuit(), linear_model.RANSACRegressor(random_state=0)),
    *(cross_decomposition.PLSRegression(1), cross_decomposition.PLSCanonical(1), cross_decomposition.CCA(1)),
    DummyRegressor(),
)
CLASSIFIERS = (
    *(linear_model.RidgeClassifier(), linear_model.RidgeClassifierCV()),
    *(svm.LinearSVC(random_state=0), linear_model.Perceptron(random_state=0)),
    *(linear_model.SGDClassifier(random_state=0), linear_model.SGDClassifier(loss="log_loss", random_state=0)),
    linear_model.SGDClassifier(loss="modified_huber", random_state=0),
    *(LinearDiscriminantAnalysis(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")),
    *(DummyClassifier(), DummyClassifier(strategy="most_frequent")),
)


def scaled(model: Any, labels: Any) -> Callable[[], CompileCase]:
    return lambda: of_numbers(StandardScaler(), clone(model), labels=labels)


def sparse_weights() -> CompileCase:
    case = of_numbers(StandardScaler(), linear_model.LogisticRegression())
    case.model[-1].sparsify()
    return case


def passive_aggressive(model: Any, labels: Any) -> Callable[[], CompileCase]:
    """Return a case without the warning that scikit-learn gives for the deprecated class."""

    def make() -> CompileCase:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            return of_numbers(StandardScaler(), model(random_state=0), labels=labels)

    return make


CASES: dict[str, Callable[[], CompileCase]] = {
    **{f"{model}": scaled(model, MONEY) for model in REGRESSORS},
    **{f"{model} of several outputs": scaled(model, TWO_OUTPUTS) for model in SEVERAL_OUTPUTS},
    **{f"{model}, two classes": scaled(model, LABELS) for model in CLASSIFIERS},
    **{f"{model}, multi-class": scaled(model, NAMES) for model in CLASSIFIERS},
    "LinearRegression after an encoder": lambda: encoded(OneHotEncoder(), linear_model.LinearRegression()),
    "LogisticRegression of sparse weights": sparse_weights,
    "SGDOneClassSVM": scaled(linear_model.SGDOneClassSVM(random_state=0), None),
    "RANSACRegressor of a pipeline": scaled(
        linear_model.RANSACRegressor(make_pipeline(StandardScaler(), linear_model.Ridge()), min_samples=9), MONEY
    ),
    "DummyClassifier of a constant": scaled(DummyClassifier(strategy="constant", constant="middle"), NAMES),
    "PassiveAggressiveClassifier": passive_aggressive(linear_model.PassiveAggressiveClassifier, THREE),
    "PassiveAggressiveRegressor": passive_aggressive(linear_model.PassiveAggressiveRegressor, MONEY),
}
