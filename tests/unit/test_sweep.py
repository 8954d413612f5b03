"""A sample of ci/sweep.py: models are served as their own predict answers, in each data set and way of serving."""

import warnings
from pathlib import Path

import pytest

from support import estimator_options, estimator_sweep, estimators

SAMPLE = {
    "HistGradientBoostingClassifier": ("classes", "compiled"),
    "GradientBoostingClassifier": ("classes", "compiled"),
    "RandomForestClassifier": ("mixed", "compiled"),
    "BaggingClassifier": ("classes", "compiled"),
    "LogisticRegression": ("binary", "compiled"),
    "FixedThresholdClassifier": ("binary", "compiled"),
    "KNeighborsRegressor": ("outputs", "sklearn"),
    "RandomForestRegressor": ("outputs", "compiled"),
    "MLPClassifier": ("labels", "sklearn"),
    "ElasticNet": ("regression", "compiled"),
    "IsolationForest": ("mixed", "compiled"),
    "GaussianNB": ("mixed", "compiled"),
    "MLPRegressor": ("outputs", "compiled"),
    "KMeans": ("regression", "sklearn"),
    "GridSearchCV": ("classes", "compiled"),
}
OPTIONS = {"iterative imputer": "sklearn", "svc kernel function": "sklearn", "vectorizer": "sklearn"}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_estimator_is_served_with_its_own_predictions(tmp_path: Path, name: str) -> None:
    data, kind = SAMPLE[name]
    estimator = dict(estimators.instances())[name]
    model = estimators.fitted(estimators.for_data(estimator, data), data)

    with warnings.catch_warnings(action="ignore"):
        outcome = estimator_sweep.outcome(name, data, model, tmp_path)

    assert outcome.kind == kind, outcome.reason


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONS)
def test_option_is_served_with_its_own_predictions(tmp_path: Path, name: str) -> None:
    data, make = next((data, make) for data, option, make in estimator_options.options() if option == name)
    model = estimators.fitted(make(), data)

    with warnings.catch_warnings(action="ignore"):
        outcome = estimator_sweep.outcome(name, data, model, tmp_path)

    assert outcome.kind == OPTIONS[name], outcome.reason
