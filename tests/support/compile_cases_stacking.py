"""Composed estimators that must compile: stacking."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

from support.compile_data import (
    CATEGORIES,
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
FOREST = RandomForestRegressor(5, random_state=0)


def named(estimators: Sequence[Any]) -> list[tuple[str, Any]]:
    return [(f"e{index}", estimator) for index, estimator in enumerate(estimators)]


def stacking(*estimators: Any, final: Any = None, labels: Any = LABELS, **settings: Any) -> CompileCase:
    model = StackingClassifier(named(estimators), final, **{"cv": 2} | settings)
    return of_numbers(model, labels=labels)


def stacking_numbers(*estimators: Any, final: Any = None, **settings: Any) -> CompileCase:
    return of_numbers(StackingRegressor(named(estimators), final, cv=2, **settings), labels=MONEY)


def encoded_pipelines() -> list[Any]:
    one_hot = columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES), (StandardScaler(), MEASURES))
    ordinal = columns_of((OrdinalEncoder(), CATEGORIES), remainder="passthrough")
    return [make_pipeline(one_hot, LogisticRegression()), make_pipeline(ordinal, RandomForestClassifier(5))]


CASES: dict[str, Callable[[], CompileCase]] = {
    "StackingClassifier": lambda: stacking(forest_of(), tree(max_depth=3)),
    "StackingClassifier of names": lambda: stacking(
        forest_of(), "drop", tree(max_depth=3), final=forest_of(), labels=NAMES[THREE]
    ),
    "StackingClassifier before a tree": lambda: stacking(forest_of(), tree(), final=tree(max_depth=3)),
    "StackingClassifier with its columns": lambda: stacking(
        forest_of(), make_pipeline(StandardScaler(), LogisticRegression()), final=forest_of(), passthrough=True
    ),
    "StackingClassifier of classes": lambda: stacking(
        forest_of(), tree(max_depth=3), final=tree(), labels=NAMES[THREE], stack_method="predict"
    ),
    "StackingClassifier of scores": lambda: stacking(
        make_pipeline(StandardScaler(), LinearSVC()), HistGradientBoostingClassifier(max_iter=3)
    ),
    "StackingClassifier of scores, multi-class": lambda: stacking(
        make_pipeline(StandardScaler(), LinearSVC()), labels=THREE
    ),
    "StackingClassifier of XGBoost before a tree": lambda: stacking(
        XGBClassifier(n_estimators=3), final=tree(max_depth=3), labels=THREE
    ),
    "StackingClassifier before XGBoost": lambda: stacking(
        forest_of(), LGBMClassifier(n_estimators=3, verbose=-1), final=XGBClassifier(n_estimators=3), passthrough=True
    ),
    "StackingClassifier of fitted models": lambda: stacking(
        forest_of().fit(NUMBERS, LABELS), tree().fit(NUMBERS, LABELS), final=tree(max_depth=2), cv="prefit"
    ),
    "StackingClassifier of pipelines": lambda: of_frame(StackingClassifier(named(encoded_pipelines()), cv=2)),
    "StackingClassifier after encoders": lambda: of_frame(
        columns_of((OneHotEncoder(handle_unknown="ignore"), CATEGORIES)),
        StackingClassifier(named([XGBClassifier(n_estimators=3), tree()]), cv=2),
    ),
    "StackingClassifier before a pipeline": lambda: stacking(
        forest_of(), tree(max_depth=3), final=make_pipeline(StandardScaler(), LinearSVC()), labels=THREE
    ),
    "StackingClassifier of stacking estimators": lambda: stacking(
        StackingClassifier(named([forest_of(), tree()]), tree(max_depth=3), cv=2),
        forest_of(),
        final=StackingClassifier(named([forest_of(), tree()]), tree(max_depth=4), cv=2, passthrough=True),
        passthrough=True,
    ),
    "StackingClassifier before calibration": lambda: stacking(
        forest_of(),
        tree(max_depth=3),
        final=CalibratedClassifierCV(make_pipeline(StandardScaler(), forest_of()), cv=2),
    ),
    "StackingRegressor": lambda: stacking_numbers(FOREST, make_pipeline(StandardScaler(), Ridge())),
    "StackingRegressor before a forest": lambda: stacking_numbers(
        FOREST, XGBRegressor(n_estimators=3), final=RandomForestRegressor(4, random_state=0)
    ),
    "StackingRegressor with its columns": lambda: stacking_numbers(
        FOREST, DecisionTreeRegressor(max_depth=3), final=FOREST, passthrough=True
    ),
}
