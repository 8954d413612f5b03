"""Models of XGBoost and LightGBM are compiled to the last bit, or refused by the name of what they use."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.preprocessing import MaxAbsScaler

from ml_census.engine.compiler.boosters.booster_rules import rule_for
from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.compiler.equivalence import compile_and_verify
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.serialization import from_bytes, to_bytes
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from support.comparison import assert_same_predictions
from support.compile_cases import by_kind
from support.compile_cases_boosters import (
    CASES,
    FILLED,
    LABELS,
    after,
    case,
    lgbm,
    lgbm_number,
    one_hot,
    xgb,
    xgb_model,
    xgb_number,
)
from support.compile_data import CompileCase

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories in columns")  # by scikit-learn, at edge rows


@cache
def compiled_case(name: str) -> CompileCase:
    return CASES[name]()


@pytest.mark.parametrize("name", by_kind(CASES))
def test_booster_is_compiled_and_verified(name: str) -> None:
    """The compared rows have missing and unknown values, extreme numbers, and numbers next to each threshold."""
    predictor, engine = compile_and_verify(compiled_case(name).original())

    assert engine.kind == "compiled", engine
    assert isinstance(predictor, CompiledPredictor)


@pytest.mark.parametrize("name", by_kind(CASES))
def test_booster_read_from_its_file_predicts_the_same(name: str) -> None:
    original = compiled_case(name).original()
    compiled = from_bytes(to_bytes(compile_model(original.model, original.schema)), original.schema)

    assert_same_predictions(compiled, original, original.schema.validate_rows(compiled_case(name).rows()[:100]).columns)


MUTATIONS: dict[str, tuple[str, Callable[[CompiledPredictor], CompiledPredictor]]] = {
    "sums in float64": (
        "XGBRegressor",
        lambda compiled: replace(compiled, scoring=replace(trees_of(compiled), single=False)),
    ),
    "sums in float32": (
        "LGBMRegressor",
        lambda compiled: replace(compiled, scoring=replace(trees_of(compiled), single=True)),
    ),
    "a base of the next float32": (
        "XGBRegressor",
        lambda compiled: replace(
            compiled,
            scoring=replace(
                trees_of(compiled),
                base=np.nextafter(trees_of(compiled).base.astype(np.float32), np.float32(9)).astype(float),
            ),
        ),
    ),
    "the link of scikit-learn": ("XGBClassifier", lambda compiled: replace(compiled, link="logistic")),
    "a link in float32": ("LGBMClassifier", lambda compiled: replace(compiled, link="xgboost_logistic")),
}


def trees_of(compiled: CompiledPredictor) -> TreeEnsemble:
    assert isinstance(compiled.scoring, TreeEnsemble)
    return compiled.scoring


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutated_compilation_of_a_booster_is_noticed(name: str) -> None:
    kind, mutate = MUTATIONS[name]
    original = compiled_case(kind).original()

    predictor, engine = compile_and_verify(
        original, compiler=lambda model, schema: mutate(compile_model(model, schema))
    )

    assert predictor is original
    assert "differ on" in str(engine.reason)


def half(truth: Any, predictions: Any) -> tuple[Any, Any]:
    """Return the gradient and the Hessian of an objective of one's own."""
    return predictions - truth, np.ones_like(predictions)


REFUSED: dict[str, tuple[Callable[[], CompileCase], str]] = {
    "gblinear": (lambda: case(xgb_model(booster="gblinear"), FILLED, LABELS), "booster gblinear"),
    "raw scores": (lambda: xgb(objective="binary:logitraw"), "the objective binary:logitraw"),
    "several labels": (lambda: xgb(np.column_stack([LABELS, 1 - LABELS])), "the objective binary:logistic"),
    "several quantiles": (
        lambda: xgb_number(objective="reg:quantileerror", quantile_alpha=[0.2, 0.8]),
        "several quantiles",
    ),
    "a missing number in a sparse matrix": (lambda: after(one_hot(), xgb_model(missing=-3)), "missing=-3"),
    "a scaler of a sparse matrix": (
        lambda: after(one_hot(), xgb_model(), MaxAbsScaler()),
        "no rule for a MaxAbsScaler of a sparse matrix",
    ),
    "infinity is missing": (lambda: xgb(missing=np.inf), "missing=inf"),
    "early stopping of predictions": (lambda: lgbm(pred_early_stop=True), "pred_early_stop"),
    "an objective of XGBoost's user": (lambda: xgb_number(objective=half), "an objective of its own"),
    "an objective of LightGBM's user": (lambda: lgbm_number(objective=half), "an objective of its own"),
    "linear trees": (lambda: lgbm_number(linear_tree=True), "linear_tree"),
    "a sigmoid": (lambda: lgbm(sigmoid=2.0), "the objective binary sigmoid:2"),
    "no split": (lambda: xgb_number(max_depth=1, min_child_weight=1e9), "the trees split by no column"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # by LightGBM, about its parameters
@pytest.mark.parametrize("name", REFUSED)
def test_booster_without_a_rule_is_served_by_its_library(name: str) -> None:
    make, reason = REFUSED[name]
    original = make().original()

    predictor, engine = compile_and_verify(original)

    assert predictor is original
    assert reason in str(engine.reason)


class OwnRegressor(xgboost.XGBRegressor):
    """A subclass, which may predict differently."""


def test_subclass_of_an_estimator_has_no_rule() -> None:
    assert rule_for(OwnRegressor()) is None
    assert rule_for(xgboost.XGBRegressor()) is not None
    assert rule_for(lightgbm.LGBMRanker()) is not None
