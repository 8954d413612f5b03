"""Pipelines that must compile: models of XGBoost and LightGBM."""

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, StandardScaler

from ml_census.models.pickles.predictor_factory import learn_schema
from support.compile_data import CompileCase

COUNT = 600
TREES = 8
"""Number of boosting rounds of each model. ci/sweep-compiled.py can set a higher number."""
RANDOM = np.random.default_rng(0)


def _numbers() -> np.ndarray:
    """Return numbers with zeros, whole numbers and missing values."""
    numbers = RANDOM.normal(size=(COUNT, 4))
    numbers[:, 1] = np.round(numbers[:, 1] * 3)
    numbers[RANDOM.random(numbers.shape) < 0.1] = np.nan
    numbers[RANDOM.random(numbers.shape) < 0.1] = 0
    return numbers


NUMBERS = _numbers()
FILLED = np.nan_to_num(NUMBERS)
MONEY = FILLED[:, 0] * 3 + FILLED[:, 1] ** 2
COUNTS = np.abs(MONEY) + 0.1
LABELS = (FILLED[:, 0] + FILLED[:, 1] * FILLED[:, 2] / 3 + RANDOM.normal(size=COUNT) * 0.3 > 0).astype(int)
THREE = LABELS + (FILLED[:, 3] > 0.5)
NOISE = RANDOM.permutation(LABELS)
LETTERS = RANDOM.choice(list("pqrstuvwxyz"), COUNT)
MIXED = pd.DataFrame(NUMBERS, columns=["a", "b", "c", "d"]).assign(
    letter=LETTERS, size=RANDOM.choice([10, 20, 30], COUNT)
)
BY_LETTER = ((LETTERS > "t") ^ (LABELS > 0)).astype(int)
TYPED = MIXED.astype({"letter": "category", "size": "category"})
TYPED.loc[RANDOM.random(COUNT) < 0.05, "letter"] = np.nan
CODES = np.abs(np.round(NUMBERS * 3))
CATEGORIES = ["letter", "size"]
OFTEN = {"min_data_per_group": 5, "max_cat_to_onehot": 1, "cat_smooth": 1}
BAGGED = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}


def case(model: Any, inputs: Any, labels: Any, **settings: Any) -> CompileCase:
    """Fit a model. The schema has the types that test predictions find."""
    model.fit(inputs, labels, **settings)
    return CompileCase(model, inputs, learn_schema(model))


def xgb(labels: Any = LABELS, inputs: Any = NUMBERS, **settings: Any) -> CompileCase:
    return case(xgboost.XGBClassifier(n_estimators=TREES, n_jobs=1, **settings), inputs, labels)


def xgb_number(labels: Any = MONEY, **settings: Any) -> CompileCase:
    return case(xgboost.XGBRegressor(n_estimators=TREES, n_jobs=1, **settings), NUMBERS, labels)


def lgbm(labels: Any = LABELS, inputs: Any = NUMBERS, fit: Any = None, **settings: Any) -> CompileCase:
    model = lightgbm.LGBMClassifier(n_estimators=TREES, n_jobs=1, verbose=-1, **settings)
    return case(model, inputs, labels, **(fit or {}))


def lgbm_number(labels: Any = MONEY, **settings: Any) -> CompileCase:
    return case(lightgbm.LGBMRegressor(n_estimators=TREES, n_jobs=1, verbose=-1, **settings), NUMBERS, labels)


def after(encoder: Any, model: Any, *steps: Any) -> CompileCase:
    """Fit a model after an encoder of both categories and further steps; numbers pass through."""
    columns = ColumnTransformer([("c", encoder, CATEGORIES)], remainder="passthrough", sparse_threshold=1)
    return case(make_pipeline(columns, *steps, model), MIXED, BY_LETTER)


def xgb_model(**settings: Any) -> Any:
    return xgboost.XGBClassifier(n_estimators=TREES, n_jobs=1, **settings)


def lgbm_model(**settings: Any) -> Any:
    return lightgbm.LGBMClassifier(n_estimators=TREES, n_jobs=1, verbose=-1, **settings)


def xgb_stopped_early() -> CompileCase:
    model = xgboost.XGBClassifier(n_estimators=300, early_stopping_rounds=3)
    return case(model, NUMBERS, NOISE, eval_set=[(NUMBERS, LABELS)], verbose=False)


def lgbm_stopped_early() -> CompileCase:
    stop = lightgbm.early_stopping(3, verbose=False)
    return case(
        lgbm_model().set_params(n_estimators=300), NUMBERS, NOISE, eval_X=NUMBERS, eval_y=LABELS, callbacks=[stop]
    )


def unknown_as(value: float) -> OrdinalEncoder:
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=value)


def one_hot(**settings: Any) -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="ignore", **settings)


CASES: dict[str, Callable[[], CompileCase]] = {
    "XGBClassifier": xgb,
    "XGBClassifier of a frame": lambda: xgb(inputs=MIXED[["a", "b"]]),
    "XGBClassifier, multi-class": lambda: xgb(THREE),
    "XGBClassifier, multi-class in a tree": lambda: xgb(THREE, multi_strategy="multi_output_tree"),
    "XGBClassifier, multi:softmax": lambda: xgb(THREE, objective="multi:softmax"),
    "XGBClassifier, categories": lambda: xgb(BY_LETTER, TYPED, enable_categorical=True, max_cat_to_onehot=3),
    "XGBClassifier, categories one by one": lambda: xgb(
        BY_LETTER, TYPED, enable_categorical=True, max_cat_to_onehot=99
    ),
    "XGBClassifier, categories by feature_types": lambda: xgb(
        inputs=CODES, enable_categorical=True, feature_types=["c", "c", "q", "q"], max_cat_to_onehot=2
    ),
    "XGBClassifier, DART": lambda: xgb(booster="dart", rate_drop=0.3),
    "XGBClassifier, DART, multi-class": lambda: xgb(THREE, booster="dart", rate_drop=0.3),
    "XGBClassifier, trees in parallel": lambda: xgb(THREE, num_parallel_tree=3, subsample=0.5, colsample_bynode=0.5),
    "XGBClassifier, zero is missing": lambda: xgb(missing=0),
    "XGBClassifier, -3 is missing": lambda: xgb(missing=-3),
    "XGBClassifier, base_score": lambda: xgb(base_score=0.3),
    "XGBClassifier, pruned": lambda: xgb(tree_method="exact", gamma=3, max_depth=8),
    "XGBClassifier, by loss": lambda: xgb(tree_method="approx", grow_policy="lossguide", max_leaves=20),
    "XGBClassifier, monotone": lambda: xgb(monotone_constraints=(1, 0, 0, 0)),
    "XGBClassifier, hinge": lambda: xgb(objective="binary:hinge"),
    "XGBClassifier that stopped early": xgb_stopped_early,
    "XGBClassifier after a scaler": lambda: case(make_pipeline(StandardScaler(), xgb_model()), NUMBERS, LABELS),
    "XGBClassifier after a logarithm": lambda: case(
        make_pipeline(FunctionTransformer(np.log1p), xgb_model()), np.abs(FILLED).round(1), LABELS
    ),
    "XGBClassifier of sparse bins": lambda: case(
        make_pipeline(KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf"), xgb_model()), FILLED, LABELS
    ),
    "XGBClassifier after an imputer": lambda: case(
        make_pipeline(SimpleImputer(strategy="constant", fill_value=0, add_indicator=True), xgb_model(missing=0)),
        NUMBERS,
        LABELS,
    ),
    "XGBClassifier of a sparse matrix": lambda: after(one_hot(), xgb_model()),
    "XGBClassifier of selected sparse columns": lambda: case(
        make_pipeline(one_hot(), SelectKBest(k=8), xgb_model()), MIXED[CATEGORIES], BY_LETTER
    ),
    "XGBClassifier of one-hot columns": lambda: after(one_hot(sparse_output=False), xgb_model()),
    "XGBClassifier of ordinal columns": lambda: after(unknown_as(-1), xgb_model()),
    "XGBClassifier in a search": lambda: case(GridSearchCV(xgb_model(), {"max_depth": [2, 3]}, cv=2), NUMBERS, LABELS),
    "XGBRFClassifier": lambda: case(xgboost.XGBRFClassifier(n_estimators=TREES), NUMBERS, LABELS),
    "XGBRFRegressor": lambda: case(xgboost.XGBRFRegressor(n_estimators=TREES), NUMBERS, MONEY),
    "XGBRegressor": xgb_number,
    "XGBRegressor of several outputs": lambda: xgb_number(np.column_stack([MONEY, COUNTS])),
    "XGBRegressor of several outputs in a tree": lambda: xgb_number(
        np.column_stack([MONEY, COUNTS]), multi_strategy="multi_output_tree"
    ),
    "XGBRegressor, Poisson": lambda: xgb_number(COUNTS, objective="count:poisson"),
    "XGBRegressor, gamma": lambda: xgb_number(COUNTS, objective="reg:gamma"),
    "XGBRegressor, Tweedie": lambda: xgb_number(COUNTS, objective="reg:tweedie"),
    "XGBRegressor, Cox": lambda: xgb_number(COUNTS, objective="survival:cox"),
    "XGBRegressor, logistic": lambda: xgb_number(LABELS, objective="reg:logistic"),
    "XGBRegressor, absolute error": lambda: xgb_number(objective="reg:absoluteerror"),
    "XGBRegressor, Huber": lambda: xgb_number(objective="reg:pseudohubererror"),
    "XGBRegressor, logarithmic error": lambda: xgb_number(COUNTS, objective="reg:squaredlogerror"),
    "XGBRegressor, quantile": lambda: xgb_number(objective="reg:quantileerror", quantile_alpha=0.3),
    "XGBRanker": lambda: case(
        xgboost.XGBRanker(n_estimators=TREES), NUMBERS, LABELS, qid=np.sort(RANDOM.integers(0, 30, COUNT))
    ),
    "XGBRanker, pairwise": lambda: case(
        xgboost.XGBRanker(n_estimators=TREES, objective="rank:pairwise"), NUMBERS, LABELS, group=[COUNT // 30] * 30
    ),
    "LGBMClassifier": lgbm,
    "LGBMClassifier of a frame": lambda: lgbm(inputs=MIXED[["a", "b"]]),
    "LGBMClassifier of names": lambda: lgbm(np.where(LABELS, "rich", "poor")),
    "LGBMClassifier, multi-class": lambda: lgbm(THREE),
    "LGBMClassifier, two classes by softmax": lambda: lgbm(objective="multiclass", num_class=2),
    "LGBMClassifier, one against all": lambda: lgbm(THREE, objective="multiclassova"),
    "LGBMClassifier, categories": lambda: lgbm(BY_LETTER, TYPED, **OFTEN),
    "LGBMClassifier, categories one by one": lambda: lgbm(BY_LETTER, TYPED, max_cat_to_onehot=99),
    "LGBMClassifier, categories by index": lambda: lgbm(
        inputs=NUMBERS * 3, fit={"categorical_feature": [0, 1, 2]}, **OFTEN
    ),
    "LGBMClassifier, zero is missing": lambda: lgbm(zero_as_missing=True),
    "LGBMClassifier, missing is zero": lambda: lgbm(use_missing=False),
    "LGBMClassifier, missing never seen": lambda: case(lgbm_model(), FILLED, LABELS),
    "LGBMClassifier, DART": lambda: lgbm(boosting_type="dart", drop_rate=0.3),
    "LGBMClassifier, random forest": lambda: lgbm(**BAGGED),
    "LGBMClassifier, random forest, multi-class": lambda: lgbm(THREE, **BAGGED),
    "LGBMClassifier, GOSS": lambda: lgbm(data_sample_strategy="goss"),
    "LGBMClassifier, extra trees": lambda: lgbm(extra_trees=True, monotone_constraints=[1, 0, 0, 0]),
    "LGBMClassifier that stopped early": lgbm_stopped_early,
    "LGBMClassifier after a scaler": lambda: case(make_pipeline(StandardScaler(), lgbm_model()), NUMBERS, LABELS),
    "LGBMClassifier after a square": lambda: case(
        make_pipeline(FunctionTransformer(np.square), lgbm_model()), NUMBERS, LABELS
    ),
    "LGBMClassifier of a sparse matrix": lambda: after(one_hot(), lgbm_model()),
    "LGBMClassifier of a sparse matrix, zero is missing": lambda: after(one_hot(), lgbm_model(zero_as_missing=True)),
    "LGBMClassifier of ordinal columns": lambda: after(unknown_as(np.nan), lgbm_model()),
    "LGBMRegressor": lgbm_number,
    "LGBMRegressor, random forest": lambda: lgbm_number(**BAGGED),
    "LGBMRegressor, Poisson": lambda: lgbm_number(COUNTS, objective="poisson"),
    "LGBMRegressor, gamma": lambda: lgbm_number(COUNTS, objective="gamma"),
    "LGBMRegressor, Tweedie": lambda: lgbm_number(COUNTS, objective="tweedie"),
    "LGBMRegressor, absolute error": lambda: lgbm_number(objective="regression_l1"),
    "LGBMRegressor, Huber": lambda: lgbm_number(objective="huber"),
    "LGBMRegressor, Fair": lambda: lgbm_number(objective="fair"),
    "LGBMRegressor, quantile": lambda: lgbm_number(objective="quantile", alpha=0.2),
    "LGBMRegressor, percentage": lambda: lgbm_number(objective="mape"),
    "LGBMRegressor, square root": lambda: lgbm_number(reg_sqrt=True),
    "LGBMRegressor, cross-entropy": lambda: lgbm_number(LABELS, objective="cross_entropy"),
    "LGBMRanker": lambda: case(
        lightgbm.LGBMRanker(n_estimators=TREES, verbose=-1), NUMBERS, LABELS, group=[COUNT // 30] * 30
    ),
    "LGBMRanker, cross-entropy": lambda: case(
        lightgbm.LGBMRanker(n_estimators=TREES, verbose=-1, objective="rank_xendcg"),
        NUMBERS,
        LABELS,
        group=[COUNT // 30] * 30,
    ),
}
