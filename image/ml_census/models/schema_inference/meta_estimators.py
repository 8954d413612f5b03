"""Find the fitted estimators inside meta-estimators, such as VotingClassifier."""

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.semi_supervised import SelfTrainingClassifier

ADABOOST = (AdaBoostClassifier, AdaBoostRegressor)
COMBINED = (*ADABOOST, VotingClassifier, VotingRegressor, StackingClassifier, StackingRegressor)
THRESHOLDS = (FixedThresholdClassifier, TunedThresholdClassifierCV, SelfTrainingClassifier)
BY_CLASS_OR_OUTPUT = (
    OneVsRestClassifier,
    OneVsOneClassifier,
    OutputCodeClassifier,
    MultiOutputClassifier,
    MultiOutputRegressor,
)
CHAINS = (ClassifierChain, RegressorChain)
WITHOUT_MISSING = (*ADABOOST, *CHAINS)
"""Meta-estimators that reject missing values, even if their inner estimators accept
them."""


def inner_estimators(step: Any) -> list[Any]:
    """Return the fitted estimators inside a meta-estimator that take the same columns as the meta-estimator.

    The list is empty for any other step.
    """
    if isinstance(step, COMBINED):
        return list(step.estimators_)
    if isinstance(step, TransformedTargetRegressor):
        return [step.regressor_]
    if isinstance(step, THRESHOLDS):
        return [step.estimator_]
    if isinstance(step, BY_CLASS_OR_OUTPUT):
        # for a class that all training rows have, or none, scikit-learn stores a
        # constant in place of an estimator
        return [estimator for estimator in step.estimators_ if type(estimator) is type(step.estimator)]
    if isinstance(step, CHAINS):
        return [step.estimators_[0]]  # each further estimator also takes the predictions of those before it
    if isinstance(step, FrozenEstimator):
        return [step.estimator]
    if isinstance(step, CalibratedClassifierCV):
        return [calibrated.estimator for calibrated in step.calibrated_classifiers_]
    return []
