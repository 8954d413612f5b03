"""Composed estimators that must compile: bagging, AdaBoost and calibration."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    HistGradientBoostingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor, ExtraTreeClassifier
from xgboost import XGBClassifier, XGBRegressor

from support.compile_data import (
    CATEGORIES,
    GAPS,
    LABELS,
    MEASURES,
    MONEY,
    NUMBERS,
    THREE,
    CompileCase,
    columns_of,
    forest_of,
    of_frame,
    of_numbers,
    tree,
)

NAMES = np.array(["low", "middle", "high"])
RARE = np.where(np.arange(300) % 100 == 0, 2, LABELS)
"""Classes of which a part of the inner estimators does not see the third."""
TWELVE = NUMBERS[:, 0].astype(int) % 12


def bagging(estimator: Any = None, labels: Any = LABELS, **settings: Any) -> CompileCase:
    model = BaggingClassifier(estimator, **{"n_estimators": 7, "random_state": 0} | settings)
    return of_numbers(model, labels=labels)


def bagging_numbers(estimator: Any = None, labels: Any = MONEY, **settings: Any) -> CompileCase:
    model = BaggingRegressor(estimator, **{"n_estimators": 7, "random_state": 0} | settings)
    return of_numbers(model, labels=labels)


def adaboost(estimator: Any = None, labels: Any = LABELS, **settings: Any) -> CompileCase:
    model = AdaBoostClassifier(estimator, **{"n_estimators": 7, "random_state": 0} | settings)
    return of_numbers(model, labels=labels)


def adaboost_numbers(estimator: Any = None, **settings: Any) -> CompileCase:
    model = AdaBoostRegressor(estimator, **{"n_estimators": 7, "random_state": 0} | settings)
    return of_numbers(model, labels=MONEY)


def calibrated(estimator: Any, labels: Any = LABELS, **settings: Any) -> CompileCase:
    return of_numbers(CalibratedClassifierCV(estimator, cv=2, **settings), labels=labels)


BAGGING: dict[str, Callable[[], CompileCase]] = {
    "BaggingClassifier": lambda: bagging(),
    "BaggingClassifier of names": lambda: bagging(tree(max_depth=3), labels=NAMES[THREE]),
    "BaggingClassifier of some columns": lambda: bagging(max_features=1),
    "BaggingClassifier of repeated columns": lambda: bagging(ExtraTreeClassifier(), bootstrap_features=True),
    "BaggingClassifier of a rare class": lambda: bagging(
        make_pipeline(StandardScaler(), tree()), labels=RARE, max_samples=0.2
    ),
    "BaggingClassifier of pipelines": lambda: bagging(make_pipeline(StandardScaler(), tree(max_depth=4))),
    "BaggingClassifier of imputers": lambda: of_numbers(
        BaggingClassifier(make_pipeline(SimpleImputer(), tree(max_depth=4)), 3, random_state=0), numbers=GAPS
    ),
    "BaggingClassifier after encoders": lambda: of_frame(
        columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES), ("passthrough", MEASURES)),
        BaggingClassifier(tree(), 7, random_state=0, max_features=0.7),
    ),
    "BaggingClassifier of frames": lambda: of_frame(
        BaggingClassifier(
            make_pipeline(columns_of((OrdinalEncoder(), [1, 3]), remainder="passthrough"), tree()), 3, random_state=0
        )
    ),
    "BaggingClassifier of forests": lambda: bagging(forest_of(), labels=THREE, n_estimators=3),
    "BaggingClassifier of forests, a rare class": lambda: bagging(
        make_pipeline(StandardScaler(), forest_of()), labels=RARE, max_samples=0.2
    ),
    "BaggingClassifier of XGBoost": lambda: bagging(XGBClassifier(n_estimators=3), n_estimators=3),
    "BaggingClassifier of XGBoost, sparse": lambda: of_frame(
        columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES)),
        BaggingClassifier(XGBClassifier(n_estimators=3), 2, random_state=0),
    ),
    "BaggingClassifier of linear models": lambda: bagging(make_pipeline(StandardScaler(), LogisticRegression())),
    "BaggingClassifier of votes": lambda: bagging(make_pipeline(StandardScaler(), LinearSVC()), labels=THREE),
    "BaggingRegressor": lambda: bagging_numbers(),
    "BaggingRegressor of some columns": lambda: bagging_numbers(DecisionTreeRegressor(max_depth=3), max_features=1),
    "BaggingRegressor of several outputs": lambda: bagging_numbers(labels=np.column_stack([MONEY, LABELS])),
    "BaggingRegressor of XGBoost": lambda: bagging_numbers(XGBRegressor(n_estimators=3)),
    "BaggingRegressor of linear models": lambda: bagging_numbers(Ridge()),
}
ADABOOST: dict[str, Callable[[], CompileCase]] = {
    "AdaBoostClassifier": lambda: adaboost(),
    "AdaBoostClassifier of names": lambda: adaboost(tree(max_depth=2), labels=NAMES[THREE], learning_rate=0.5),
    "AdaBoostClassifier of twelve classes": lambda: adaboost(tree(max_depth=3), labels=TWELVE),
    "AdaBoostClassifier that ended early": lambda: adaboost(tree(), labels=NUMBERS[:, 0] > 50),
    "AdaBoostClassifier after encoders": lambda: of_frame(
        columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES)), AdaBoostClassifier(n_estimators=5)
    ),
    "AdaBoostClassifier of forests": lambda: adaboost(forest_of(max_depth=2), labels=THREE, n_estimators=3),
    "AdaBoostClassifier of linear models": lambda: adaboost(LogisticRegression(max_iter=1000), labels=THREE),
    "AdaBoostRegressor": lambda: adaboost_numbers(),
    "AdaBoostRegressor of few leaves": lambda: adaboost_numbers(DecisionTreeRegressor(max_depth=1), n_estimators=20),
    "AdaBoostRegressor of pipelines": lambda: adaboost_numbers(
        make_pipeline(StandardScaler(), DecisionTreeRegressor(max_depth=3))
    ),
    "AdaBoostRegressor of XGBoost": lambda: adaboost_numbers(XGBRegressor(n_estimators=3), n_estimators=3),
    "AdaBoostRegressor of linear models": lambda: adaboost_numbers(Ridge()),
}
CALIBRATED: dict[str, Callable[[], CompileCase]] = {
    "CalibratedClassifierCV": lambda: calibrated(forest_of()),
    "CalibratedClassifierCV, multi-class": lambda: calibrated(forest_of(), labels=NAMES[THREE]),
    "CalibratedClassifierCV of one estimator": lambda: calibrated(forest_of(), ensemble=False),
    "CalibratedClassifierCV of scores": lambda: calibrated(make_pipeline(StandardScaler(), LinearSVC()), labels=THREE),
    "CalibratedClassifierCV of XGBoost": lambda: calibrated(XGBClassifier(n_estimators=3)),
    "CalibratedClassifierCV of AdaBoost": lambda: calibrated(AdaBoostClassifier(n_estimators=3), labels=THREE),
    "CalibratedClassifierCV of bagging": lambda: calibrated(BaggingClassifier(LogisticRegression(), 2)),
    "CalibratedClassifierCV of a frozen model": lambda: calibrated(FrozenEstimator(forest_of().fit(NUMBERS, LABELS))),
    "CalibratedClassifierCV of pipelines": lambda: of_frame(
        CalibratedClassifierCV(
            make_pipeline(
                columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES), ("passthrough", MEASURES)),
                HistGradientBoostingClassifier(max_iter=3),
            ).set_params(columntransformer__sparse_threshold=0),
            cv=2,
        )
    ),
    "CalibratedClassifierCV, isotonic": lambda: calibrated(forest_of(), method="isotonic"),
    "CalibratedClassifierCV, isotonic, multi-class": lambda: calibrated(
        tree(max_depth=4), labels=THREE, method="isotonic"
    ),
    "CalibratedClassifierCV, isotonic, XGBoost": lambda: calibrated(
        XGBClassifier(n_estimators=9), labels=THREE, method="isotonic"
    ),
    "CalibratedClassifierCV, temperature": lambda: calibrated(forest_of(), method="temperature"),
    "CalibratedClassifierCV, temperature, multi-class": lambda: calibrated(
        forest_of(), labels=NAMES[THREE], method="temperature"
    ),
    "CalibratedClassifierCV, temperature, scores": lambda: calibrated(
        HistGradientBoostingClassifier(max_iter=3), method="temperature"
    ),
    "CalibratedClassifierCV, temperature, linear": lambda: calibrated(
        make_pipeline(StandardScaler(), LinearSVC()), labels=THREE, method="temperature"
    ),
    "CalibratedClassifierCV, temperature, XGBoost": lambda: calibrated(
        XGBClassifier(n_estimators=9), method="temperature"
    ),
}
CASES: dict[str, Callable[[], CompileCase]] = {**BAGGING, **ADABOOST, **CALIBRATED}
