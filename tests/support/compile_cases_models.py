"""Pipelines that must compile: models."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from ml_census.schema import Schema
from support.compile_data import (
    CODES,
    FRAME,
    GAPS,
    LABELS,
    MEASURES,
    MONEY,
    NULLABLE,
    NUMBERS,
    THREE,
    CompileCase,
    boosted,
    category_types,
    columns_of,
    encoded,
    forest,
    histogram_numbers,
    histograms,
    of_numbers,
    tree,
    wide,
    with_missing,
)


def isolated(inputs: Any = NUMBERS, schema: Schema | None = None, **settings: Any) -> CompileCase:
    return CompileCase(IsolationForest(**{"n_estimators": 9, "random_state": 0} | settings).fit(inputs), inputs, schema)


CASES: dict[str, Callable[[], CompileCase]] = {
    "RandomForestClassifier": lambda: CompileCase(forest(NUMBERS), NUMBERS),
    "RandomForestClassifier without bootstrap": lambda: CompileCase(
        forest(NUMBERS, bootstrap=False, max_features=1), NUMBERS
    ),
    "RandomForestClassifier of few leaves": lambda: CompileCase(
        forest(NUMBERS, max_leaf_nodes=6, min_samples_leaf=7), NUMBERS
    ),
    "RandomForestClassifier of weighted classes": lambda: CompileCase(
        forest(NUMBERS, class_weight="balanced", min_samples_split=20, criterion="entropy"), NUMBERS
    ),
    "RandomForestClassifier, multi-class": lambda: CompileCase(forest(NUMBERS, THREE), NUMBERS),
    "RandomForestClassifier, trained on missing": lambda: CompileCase(forest(GAPS), GAPS, NULLABLE),
    "RandomForestClassifier, missing never seen": lambda: CompileCase(forest(NUMBERS), NUMBERS, NULLABLE),
    "RandomForestClassifier of one tree": lambda: CompileCase(forest(NUMBERS, n_estimators=1), NUMBERS),
    "RandomForestClassifier of 17 trees": lambda: CompileCase(forest(NUMBERS, n_estimators=17), NUMBERS),
    "RandomForestClassifier of 200 columns": wide,
    "RandomForestClassifier trained on a frame": lambda: CompileCase(forest(FRAME[MEASURES]), FRAME[MEASURES]),
    "RandomForestClassifier of names": lambda: CompileCase(forest(NUMBERS, np.where(LABELS, "rich", "poor")), NUMBERS),
    "RandomForestClassifier of bools": lambda: CompileCase(forest(NUMBERS, LABELS > 0), NUMBERS),
    "RandomForestClassifier of floats": lambda: CompileCase(forest(NUMBERS, LABELS * 2.0), NUMBERS),
    "RandomForestClassifier of objects": lambda: CompileCase(
        forest(NUMBERS, LABELS.astype(str).astype(object)), NUMBERS
    ),
    "ExtraTreesClassifier": lambda: CompileCase(
        ExtraTreesClassifier(5, random_state=0, max_depth=6, bootstrap=True).fit(NUMBERS, THREE), NUMBERS
    ),
    "ExtraTreesClassifier, trained on missing": lambda: CompileCase(
        ExtraTreesClassifier(5, random_state=0).fit(GAPS, LABELS), GAPS, NULLABLE
    ),
    "DecisionTreeClassifier": lambda: CompileCase(tree(max_depth=4).fit(NUMBERS, LABELS), NUMBERS),
    "DecisionTreeClassifier, pruned": lambda: CompileCase(tree(ccp_alpha=0.005).fit(NUMBERS, LABELS), NUMBERS),
    "DecisionTreeClassifier, trained on missing": lambda: CompileCase(tree().fit(GAPS, LABELS), GAPS, NULLABLE),
    "DecisionTreeClassifier of monotony": lambda: CompileCase(tree(monotonic_cst=[0, 1]).fit(NUMBERS, LABELS), NUMBERS),
    "ExtraTreeClassifier": lambda: CompileCase(ExtraTreeClassifier(random_state=0).fit(NUMBERS, LABELS), NUMBERS),
    "RandomForestRegressor": lambda: CompileCase(RandomForestRegressor(5, random_state=0).fit(NUMBERS, MONEY), NUMBERS),
    "RandomForestRegressor of several outputs": lambda: CompileCase(
        RandomForestRegressor(5, random_state=0).fit(NUMBERS, np.column_stack([MONEY, LABELS, -MONEY])), NUMBERS
    ),
    "RandomForestRegressor of Poisson's criterion": lambda: CompileCase(
        RandomForestRegressor(5, random_state=0, criterion="poisson").fit(NUMBERS, MONEY), NUMBERS
    ),
    "ExtraTreesRegressor": lambda: CompileCase(ExtraTreesRegressor(5, random_state=0).fit(NUMBERS, MONEY), NUMBERS),
    "DecisionTreeRegressor": lambda: CompileCase(DecisionTreeRegressor(random_state=0).fit(NUMBERS, MONEY), NUMBERS),
    "DecisionTreeRegressor of several outputs": lambda: CompileCase(
        DecisionTreeRegressor(random_state=0).fit(NUMBERS, np.column_stack([MONEY, LABELS])), NUMBERS
    ),
    "ExtraTreeRegressor": lambda: CompileCase(ExtraTreeRegressor(random_state=0).fit(NUMBERS, MONEY), NUMBERS),
    "GradientBoostingClassifier": lambda: boosted(),
    "GradientBoostingClassifier, exponential": lambda: boosted(loss="exponential"),
    "GradientBoostingClassifier, multi-class": lambda: boosted(THREE, subsample=0.7),
    "GradientBoostingClassifier from zero": lambda: boosted(init="zero", learning_rate=0.3),
    "GradientBoostingClassifier from zero, multi-class": lambda: boosted(THREE, init="zero"),
    "GradientBoostingClassifier of names": lambda: boosted(np.where(LABELS, "rich", "poor"), max_leaf_nodes=5),
    "GradientBoostingClassifier that stopped early": lambda: boosted(n_iter_no_change=2),
    "GradientBoostingRegressor": lambda: CompileCase(
        GradientBoostingRegressor(n_estimators=8, random_state=0).fit(NUMBERS, MONEY), NUMBERS
    ),
    "GradientBoostingRegressor, huber, from zero": lambda: CompileCase(
        GradientBoostingRegressor(n_estimators=8, random_state=0, loss="huber", init="zero").fit(NUMBERS, MONEY),
        NUMBERS,
    ),
    "GradientBoostingRegressor, quantile": lambda: CompileCase(
        GradientBoostingRegressor(n_estimators=8, random_state=0, loss="quantile").fit(NUMBERS, MONEY), NUMBERS
    ),
    "HistGradientBoostingClassifier": lambda: histograms(),
    "HistGradientBoostingClassifier, multi-class": lambda: histograms(labels=THREE),
    "HistGradientBoostingClassifier, trained on missing": lambda: histograms(GAPS),
    "HistGradientBoostingClassifier of names": lambda: histograms(labels=np.where(LABELS, "rich", "poor")),
    "HistGradientBoostingClassifier, categories by dtype": lambda: histograms(category_types()),
    "HistGradientBoostingClassifier, categories with missing": lambda: histograms(category_types(with_missing())),
    "HistGradientBoostingClassifier, categories by mask": lambda: histograms(CODES, categorical_features=[False, True]),
    "HistGradientBoostingClassifier, categories by index with missing": lambda: histograms(
        np.where(CODES == 20, np.nan, CODES), categorical_features=[1]
    ),
    "HistGradientBoostingClassifier, categories by name": lambda: histograms(
        FRAME.assign(workclass=CODES[:, 1].astype(int))[["age", "workclass"]], categorical_features=["workclass"]
    ),
    "HistGradientBoostingClassifier, many categories": lambda: histograms(
        np.column_stack([NUMBERS[:, 0] * 3, NUMBERS[:, 1]]),
        labels=LABELS ^ (NUMBERS[:, 0] % 3 == 1),
        categorical_features=[0],
        max_leaf_nodes=60,
    ),
    "HistGradientBoostingClassifier after an encoder": lambda: encoded(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan),
        HistGradientBoostingClassifier(max_iter=8, random_state=0, categorical_features=[0, 1]),
        frame=with_missing(),
    ),
    "HistGradientBoostingClassifier after a scaler": lambda: of_numbers(
        StandardScaler(), HistGradientBoostingClassifier(max_iter=8, random_state=0)
    ),
    "HistGradientBoostingRegressor": lambda: histogram_numbers(),
    "HistGradientBoostingRegressor, Poisson": lambda: histogram_numbers(loss="poisson"),
    "HistGradientBoostingRegressor, gamma": lambda: histogram_numbers(labels=MONEY + 1, loss="gamma"),
    "HistGradientBoostingRegressor, absolute, missing": lambda: histogram_numbers(GAPS, loss="absolute_error"),
    "IsolationForest": lambda: isolated(),
    "IsolationForest of some features": lambda: isolated(max_features=1, contamination=0.1),
    "IsolationForest, trained on missing": lambda: isolated(GAPS, NULLABLE),
    "LogisticRegression": lambda: of_numbers(StandardScaler(), LogisticRegression()),
    "LogisticRegression, multi-class": lambda: of_numbers(StandardScaler(), LogisticRegression(), labels=THREE),
    "LogisticRegression without intercept": lambda: of_numbers(MinMaxScaler(), LogisticRegression(fit_intercept=False)),
    "LogisticRegression by liblinear": lambda: of_numbers(StandardScaler(), LogisticRegression(solver="liblinear")),
    "LogisticRegression after everything": lambda: CompileCase(
        make_pipeline(
            columns_of(
                (OneHotEncoder(handle_unknown="ignore", min_frequency=20), ["workclass"]),
                (OneHotEncoder(handle_unknown="ignore", drop="if_binary"), ["sex"]),
                (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), MEASURES),
            ),
            LogisticRegression(),
        ).fit(with_missing().assign(age=GAPS[:, 0]), np.where(THREE == 1, "b", np.where(THREE == 2, "c", "a"))),
        with_missing().assign(age=GAPS[:, 0]),
    ),
    "LogisticRegressionCV": lambda: of_numbers(
        StandardScaler(),
        LogisticRegressionCV(Cs=2, cv=2, l1_ratios=(0,), use_legacy_attributes=False, scoring="accuracy"),
    ),
}
