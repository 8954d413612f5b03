"""Composed estimators that must compile: their predictions combine those of inner estimators."""

from collections.abc import Callable
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor
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


def xgb(**settings: Any) -> XGBClassifier:
    return XGBClassifier(n_estimators=5, max_depth=3, random_state=0, **settings)


def lgbm() -> LGBMClassifier:
    return LGBMClassifier(n_estimators=5, num_leaves=7, random_state=0, verbose=-1)


def scaled(model: Any) -> Any:
    return make_pipeline(StandardScaler(), model)


def one_hot_then(model: Any) -> Any:
    return make_pipeline(
        columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES), (StandardScaler(), MEASURES)), model
    )


def ordinal_then(model: Any) -> Any:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(columns_of((encoder, CATEGORIES), remainder="passthrough"), model)


def voting(*estimators: Any, labels: Any = LABELS, **settings: Any) -> CompileCase:
    """Fit a VotingClassifier on numbers."""
    named = [(f"e{index}", estimator) for index, estimator in enumerate(estimators)]
    return of_numbers(VotingClassifier(named, **settings), labels=labels)


def voting_numbers(*estimators: Any, **settings: Any) -> CompileCase:
    named = [(f"e{index}", estimator) for index, estimator in enumerate(estimators)]
    return of_numbers(VotingRegressor(named, **settings), labels=MONEY)


THRESHOLDS: dict[str, Callable[[], CompileCase]] = {
    "FixedThresholdClassifier": lambda: of_numbers(FixedThresholdClassifier(forest_of(), threshold=0.4)),
    "FixedThresholdClassifier, automatic": lambda: of_numbers(FixedThresholdClassifier(forest_of(n_estimators=4))),
    "FixedThresholdClassifier of scores": lambda: of_numbers(
        FixedThresholdClassifier(scaled(LogisticRegression()), threshold=-0.5, response_method="decision_function")
    ),
    "FixedThresholdClassifier of scores, first class": lambda: of_numbers(
        FixedThresholdClassifier(scaled(LinearSVC()), threshold=0.1, pos_label=0)
    ),
    "FixedThresholdClassifier, first class": lambda: of_numbers(
        FixedThresholdClassifier(tree(max_depth=3), threshold=0.3, pos_label="a"), labels=np.where(LABELS, "b", "a")
    ),
    "FixedThresholdClassifier of a frozen model": lambda: of_numbers(
        FixedThresholdClassifier(FrozenEstimator(forest_of().fit(NUMBERS, LABELS)), threshold=0.6)
    ),
    "FixedThresholdClassifier of XGBoost": lambda: of_numbers(FixedThresholdClassifier(xgb(), threshold=0.3)),
    "TunedThresholdClassifierCV": lambda: of_numbers(TunedThresholdClassifierCV(forest_of(), cv=2)),
    "TunedThresholdClassifierCV by F1": lambda: of_numbers(
        TunedThresholdClassifierCV(scaled(LogisticRegression()), cv=2, scoring="f1")
    ),
    "TunedThresholdClassifierCV of XGBoost": lambda: of_numbers(TunedThresholdClassifierCV(xgb(), cv=2)),
    "TunedThresholdClassifierCV of a pipeline": lambda: of_frame(
        TunedThresholdClassifierCV(ordinal_then(HistGradientBoostingClassifier(max_iter=5)), cv=2)
    ),
}
VOTING: dict[str, Callable[[], CompileCase]] = {
    "VotingClassifier": lambda: voting(forest_of(), tree(max_depth=4), voting="soft"),
    "VotingClassifier of names": lambda: voting(forest_of(), tree(), labels=NAMES[THREE], voting="soft"),
    "VotingClassifier, weighted": lambda: voting(forest_of(), "drop", xgb(), voting="soft", weights=[2, 5, 1.5]),
    "VotingClassifier, multi-class": lambda: voting(
        forest_of(), scaled(LogisticRegression()), lgbm(), labels=THREE, voting="soft"
    ),
    "VotingClassifier of XGBoost": lambda: voting(xgb(), xgb(subsample=0.5), labels=THREE, voting="soft"),
    "VotingClassifier, hard": lambda: voting(forest_of(), tree(max_depth=3), scaled(LinearSVC()), labels=NAMES[THREE]),
    "VotingClassifier, hard, tied": lambda: voting(forest_of(), tree(max_depth=3), labels=THREE),
    "VotingClassifier, hard, weighted": lambda: voting(forest_of(), tree(max_depth=3), lgbm(), weights=[0.6, 0.2, 0.3]),
    "VotingClassifier of pipelines": lambda: of_frame(
        VotingClassifier(
            [("one", one_hot_then(LogisticRegression())), ("two", ordinal_then(RandomForestClassifier(5)))],
            voting="soft",
        )
    ),
    "VotingClassifier after encoders": lambda: of_frame(
        columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES)),
        VotingClassifier([("xgb", xgb()), ("tree", tree()), ("lgbm", lgbm())], voting="soft"),
    ),
    "VotingClassifier after an imputer": lambda: of_numbers(
        SimpleImputer(), VotingClassifier([("forest", forest_of()), ("tree", tree())], voting="soft"), numbers=GAPS
    ),
    "VotingClassifier of composed estimators": lambda: voting(
        VotingClassifier([("tree", tree()), ("lgbm", lgbm())], voting="soft"),
        FixedThresholdClassifier(forest_of(), threshold=0.7),
        GridSearchCV(tree(), {"max_depth": [2, 3]}, cv=2),
        voting="soft",
    ),
    "VotingRegressor": lambda: voting_numbers(
        RandomForestRegressor(5, random_state=0), DecisionTreeRegressor(max_depth=3), XGBRegressor(n_estimators=5)
    ),
    "VotingRegressor, weighted": lambda: voting_numbers(
        scaled(Ridge()), "drop", DecisionTreeRegressor(max_depth=3), weights=[1, 0.5, 2]
    ),
    "VotingRegressor of many": lambda: voting_numbers(
        *(DecisionTreeRegressor(max_depth=depth) for depth in range(1, 12))
    ),
    "VotingRegressor of XGBoost": lambda: voting_numbers(XGBRegressor(n_estimators=5), XGBRegressor(n_estimators=9)),
}
CASES: dict[str, Callable[[], CompileCase]] = {**THRESHOLDS, **VOTING}
