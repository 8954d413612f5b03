"""Composed estimators that must compile: several outputs, transformed targets, one class against others."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

from support.compile_data import (
    CATEGORIES,
    FRAME,
    LABELS,
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
TWO_TARGETS = np.column_stack([MONEY, LABELS * 2.0])
THREE_TARGETS = np.column_stack([TWO_TARGETS, NUMBERS[:, 1] * MONEY])
FOREST = RandomForestRegressor(5, random_state=0)


def against_rest(estimator: Any, labels: Any = NAMES[THREE]) -> CompileCase:
    return of_numbers(OneVsRestClassifier(estimator), labels=labels)


def against_one(estimator: Any, labels: Any = NAMES[THREE]) -> CompileCase:
    return of_numbers(OneVsOneClassifier(estimator), labels=labels)


def outputs(estimator: Any, targets: Any = TWO_TARGETS) -> CompileCase:
    return of_numbers(MultiOutputRegressor(estimator), labels=targets)


def chain(estimator: Any, **settings: Any) -> CompileCase:
    return of_numbers(RegressorChain(estimator, **settings), labels=THREE_TARGETS)


def transformed(estimator: Any, targets: Any = MONEY, **settings: Any) -> CompileCase:
    return of_numbers(TransformedTargetRegressor(estimator, **settings), labels=targets)


def transformed_frame() -> CompileCase:
    encode = columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES), remainder="passthrough")
    model = TransformedTargetRegressor(make_pipeline(encode, FOREST), func=np.log1p, inverse_func=np.expm1)
    return CompileCase(model.fit(FRAME, MONEY), FRAME)


MULTICLASS: dict[str, Callable[[], CompileCase]] = {
    "OneVsRestClassifier": lambda: against_rest(forest_of()),
    "OneVsRestClassifier of two classes": lambda: against_rest(forest_of(n_estimators=4), LABELS),
    "OneVsRestClassifier of XGBoost": lambda: against_rest(XGBClassifier(n_estimators=3)),
    "OneVsRestClassifier of XGBoost, two classes": lambda: against_rest(XGBClassifier(n_estimators=3), LABELS),
    "OneVsRestClassifier of decisions": lambda: against_rest(HistGradientBoostingClassifier(max_iter=3)),
    "OneVsRestClassifier of linear models": lambda: against_rest(make_pipeline(StandardScaler(), LogisticRegression())),
    "OneVsRestClassifier of scores, two classes": lambda: against_rest(LinearSVC(), LABELS),
    "OneVsRestClassifier of twelve classes": lambda: against_rest(
        tree(max_depth=4), labels=NUMBERS[:, 0].astype(int) % 12
    ),
    "OneVsRestClassifier, calibrated": lambda: of_numbers(
        CalibratedClassifierCV(OneVsRestClassifier(HistGradientBoostingClassifier(max_iter=3)), cv=2), labels=THREE
    ),
    "OneVsOneClassifier": lambda: against_one(forest_of()),
    "OneVsOneClassifier of two classes": lambda: against_one(forest_of(), LABELS),
    "OneVsOneClassifier of decisions": lambda: against_one(HistGradientBoostingClassifier(max_iter=3)),
    "OneVsOneClassifier of linear models": lambda: against_one(make_pipeline(StandardScaler(), LogisticRegression())),
    "OneVsOneClassifier of scores, two classes": lambda: against_one(LinearSVC(), LABELS),
}
TARGETS: dict[str, Callable[[], CompileCase]] = {
    "MultiOutputRegressor": lambda: outputs(FOREST),
    "MultiOutputRegressor of XGBoost": lambda: outputs(XGBRegressor(n_estimators=3)),
    "MultiOutputRegressor of one output": lambda: outputs(
        HistGradientBoostingRegressor(max_iter=3), MONEY[:, np.newaxis]
    ),
    "MultiOutputRegressor of linear models": lambda: outputs(Ridge()),
    "RegressorChain": lambda: chain(FOREST),
    "RegressorChain in another order": lambda: chain(FOREST, order=[2, 0, 1]),
    "RegressorChain of XGBoost": lambda: chain(XGBRegressor(n_estimators=3), order=[1, 2, 0]),
    "RegressorChain of linear models": lambda: chain(make_pipeline(StandardScaler(), Ridge())),
    "RegressorChain of a sparse matrix": lambda: of_frame(
        columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES)),
        RegressorChain(XGBRegressor(n_estimators=3)),
        labels=THREE_TARGETS,
    ),
    "TransformedTargetRegressor": lambda: transformed(FOREST),
    "TransformedTargetRegressor of logarithms": lambda: transformed(FOREST, func=np.log1p, inverse_func=np.expm1),
    "TransformedTargetRegressor of a frame": transformed_frame,
    "TransformedTargetRegressor of XGBoost": lambda: transformed(
        XGBRegressor(n_estimators=3), func=np.log1p, inverse_func=np.expm1
    ),
    "TransformedTargetRegressor, standard": lambda: transformed(FOREST, transformer=StandardScaler()),
    "TransformedTargetRegressor, standard, XGBoost": lambda: transformed(
        XGBRegressor(n_estimators=3), transformer=StandardScaler()
    ),
    "TransformedTargetRegressor, not centered": lambda: transformed(
        FOREST, transformer=StandardScaler(with_mean=False)
    ),
    "TransformedTargetRegressor, robust": lambda: transformed(FOREST, transformer=RobustScaler()),
    "TransformedTargetRegressor, largest": lambda: transformed(FOREST, transformer=MaxAbsScaler()),
    "TransformedTargetRegressor of several outputs": lambda: transformed(
        DecisionTreeRegressor(max_depth=4), TWO_TARGETS, transformer=MinMaxScaler()
    ),
    "TransformedTargetRegressor of linear models": lambda: transformed(Ridge(), transformer=StandardScaler()),
}
CASES: dict[str, Callable[[], CompileCase]] = {**MULTICLASS, **TARGETS}
