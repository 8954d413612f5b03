"""The rules that compile composed estimators of scikit-learn."""

from collections.abc import Callable
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor, RegressorChain

from ml_census.engine.compiler.composed import (
    adaboost,
    bagging,
    calibration,
    multiclass,
    stacking,
    support_vectors,
    targets,
    thresholds,
    voting,
)
from ml_census.engine.compiler.composed.builder import EstimatorInput
from ml_census.engine.runtime.compiled_model import CompiledPredictor

Rule = Callable[[Any, EstimatorInput, list[Any] | None], CompiledPredictor]
RULES: dict[type, Rule] = {
    **dict.fromkeys(thresholds.THRESHOLDS, thresholds.compile_threshold),
    **dict.fromkeys(voting.VOTING, voting.compile_voting),
    **dict.fromkeys(bagging.BAGGING, bagging.compile_bagging),
    **dict.fromkeys(adaboost.ADABOOST, adaboost.compile_adaboost),
    **dict.fromkeys(stacking.STACKING, stacking.compile_stacking),
    OneVsRestClassifier: multiclass.compile_one_vs_rest,
    OneVsOneClassifier: multiclass.compile_one_vs_one,
    MultiOutputRegressor: targets.compile_outputs,
    RegressorChain: targets.compile_chain,
    TransformedTargetRegressor: targets.compile_transformed,
    CalibratedClassifierCV: calibration.compile_calibrated,
    **dict.fromkeys(support_vectors.SUPPORT_VECTORS, support_vectors.compile_support_vectors),
}
"""Class of a composed estimator -> the function that compiles such estimators."""
