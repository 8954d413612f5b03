"""Compile the scikit-learn estimators of XGBoost and LightGBM. This module imports neither library."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ml_census.engine.booster_categories import categories
from ml_census.engine.compiler.boosters import lightgbm_text, xgboost_json
from ml_census.engine.compiler.boosters.booster_features import encode_categories, mask_features
from ml_census.engine.compiler.pipeline.features import Feature, Mask, UnsupportedModelError
from ml_census.engine.compiler.trees.tree_compiler import FittedTrees, compile_trees
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.links import are_consistent
from ml_census.schema import Schema

Rule = Callable[[Any, Schema, list[Feature], list[Any] | None, list[Any]], CompiledPredictor]
ZERO = float(np.float32(1e-35))
"""LightGBM replaces dense numbers from -ZERO to ZERO by 0."""
XGBOOST_LINKS = {
    "binary:logistic": "xgboost_logistic",
    "binary:hinge": "xgboost_hinge",
    "multi:softprob": "xgboost_softmax",
    "multi:softmax": "xgboost_numpy_softmax",
    "reg:squarederror": "identity",
    "reg:squaredlogerror": "identity",
    "reg:absoluteerror": "identity",
    "reg:pseudohubererror": "identity",
    "reg:quantileerror": "identity",
    "reg:logistic": "xgboost_sigmoid",
    "count:poisson": "xgboost_exp",
    "reg:gamma": "xgboost_exp",
    "reg:tweedie": "xgboost_exp",
    "survival:cox": "xgboost_exp",
    "rank:ndcg": "identity",
    "rank:map": "identity",
    "rank:pairwise": "identity",
}
"""Objective of XGBoost -> the link of its predictions."""
LIGHTGBM_LINKS = {
    "binary": "lightgbm_logistic",
    "multiclass": "lightgbm_softmax",
    "multiclassova": "lightgbm_one_against_all",
    "regression": "identity",
    "regression sqrt": "lightgbm_signed_square",
    "regression_l1": "identity",
    "huber": "identity",
    "fair": "identity",
    "quantile": "identity",
    "mape": "identity",
    "poisson": "lightgbm_exp",
    "gamma": "lightgbm_exp",
    "tweedie": "lightgbm_exp",
    "cross_entropy": "lightgbm_sigmoid",
    "lambdarank": "identity",
    "rank_xendcg": "identity",
}
"""Objective of LightGBM -> the link of its predictions."""


def rule_for(model: Any) -> Rule | None:
    """Return the function that compiles the model, or None if the model is not of XGBoost or LightGBM."""
    owner = type(model)
    return RULES.get((owner.__module__, owner.__qualname__))


def compile_xgboost(
    model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None, sparse: list[Any]
) -> CompiledPredictor:
    """Return the compiled form of a fitted XGB* estimator.

    `features` are the input columns of the model, after the steps of the pipeline.
    `classes` is None for a regressor. `sparse` are the steps that get a sparse matrix,
    and the model if it gets one. Raises UnsupportedModelError if a feature or an option
    of the model is not supported, or if no tree has a split.
    """
    is_sparse = _has_sparse_input(model, sparse)
    read = xgboost_json.read_booster(model.get_booster(), _xgboost_iterations(model))
    link = _link(model, XGBOOST_LINKS, read.objective, classes, len(read.base))
    if read.objective == "reg:quantileerror" and len(read.base) > 1:  # XGBoost 3.4 sorts the quantiles of a row
        raise UnsupportedModelError("no rule for XGBoost's reg:quantileerror with several quantiles")
    mask = _xgboost_mask(model, is_sparse)
    masks = {index: mask for index in range(len(features)) if mask is not None}
    features = mask_features(encode_categories(features, categories(model)), masks)
    fitted = FittedTrees(read.trees, read.values, read.outputs, read.base, np.float32, single=True)
    return CompiledPredictor(schema, compile_trees(schema, features, fitted), classes, link, flat=len(read.base) == 1)


def _xgboost_iterations(model: Any) -> int | None:
    """Return the number of boosting rounds up to the best one, or None if the model did not stop early."""
    try:
        return int(model.best_iteration) + 1
    except AttributeError:
        return None


def _xgboost_mask(model: Any, is_sparse: bool) -> Mask | None:
    """Return the numbers that count as missing: the parameter `missing`, and the zeros of a sparse matrix."""
    missing = np.float32(np.nan if model.missing is None else model.missing)
    if np.isnan(missing):
        return Mask(0.0, 0.0) if is_sparse else None
    if is_sparse or np.isinf(missing):
        kind = "sparse" if is_sparse else "dense"
        raise UnsupportedModelError(f"no rule for XGBoost's missing={missing} with a {kind} matrix")
    return Mask(_end_of_rounding(missing, -np.inf), _end_of_rounding(missing, np.inf))


def _end_of_rounding(number: np.float32, direction: float) -> float:
    """Return the last float64 in one direction that has the same float32 as `number`."""
    middle = (float(number) + float(np.nextafter(number, np.float32(direction)))) / 2
    return middle if np.float32(middle) == number else float(np.nextafter(middle, float(number)))


def compile_lightgbm(
    model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None, sparse: list[Any]
) -> CompiledPredictor:
    """Return the compiled form of a fitted LGBM* estimator. The parameters are those of compile_xgboost().

    Raises UnsupportedModelError if a feature or an option of the model is not
    supported, or if no tree has a split.
    """
    if model.get_params().get("pred_early_stop"):
        raise UnsupportedModelError("no rule for LightGBM's pred_early_stop")
    read = lightgbm_text.read_booster(model.booster_)
    link = _link(model, LIGHTGBM_LINKS, read.objective, classes, read.score_count)
    zero = 0.0 if _has_sparse_input(model, sparse) else ZERO
    missing, known = Mask(-ZERO, ZERO, zero), Mask(zero=zero)
    masks = {index: missing if index in read.zero_is_missing else known for index in range(len(features))}
    features = mask_features(encode_categories(features, categories(model)), masks)
    scoring = compile_trees(schema, features, _lightgbm_trees(read))
    return CompiledPredictor(schema, scoring, classes, link, flat=read.score_count == 1)


def _lightgbm_trees(read: lightgbm_text.LightgbmTrees) -> FittedTrees:
    """Return the trees, each with the score to which it adds its values: the trees add to the scores in turn."""
    count = read.score_count
    outputs = [index % count for index in range(len(read.trees))]
    divisor = len(read.trees) // count if read.is_average else 1
    return FittedTrees(read.trees, read.values, outputs, np.zeros(count), np.float64, divisor)


def _has_sparse_input(model: Any, sparse: list[Any]) -> bool:
    """Return whether the model gets a sparse matrix. Raises UnsupportedModelError if a step before it gets one.

    A scaler multiplies a sparse matrix by the reciprocal of its scale, in place of a
    division.
    """
    if sparse and sparse[0] is not model:
        raise UnsupportedModelError(f"no rule for a {type(sparse[0]).__name__} of a sparse matrix")
    return bool(sparse)


def _link(model: Any, links: dict[str, str], objective: str, classes: list[Any] | None, score_count: int) -> str:
    """Return the link for an objective. Raises UnsupportedModelError if there is none for this kind of model."""
    if callable(model.objective):
        raise UnsupportedModelError(f"no rule for a {type(model).__name__} with an objective of its own")
    link = links.get(objective)
    if link is None or not are_consistent(classes, link, score_count):
        raise UnsupportedModelError(f"no rule for a {type(model).__name__} with the objective {objective}")
    return link


RULES: dict[tuple[str, str], Rule] = {
    **dict.fromkeys(
        [
            ("xgboost.sklearn", name)
            for name in ("XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor", "XGBRanker")
        ],
        compile_xgboost,
    ),
    **dict.fromkeys(
        [("lightgbm.sklearn", name) for name in ("LGBMClassifier", "LGBMRegressor", "LGBMRanker")], compile_lightgbm
    ),
}
"""Module and class of an estimator -> the function that compiles such estimators."""
