"""Follow the steps of a fitted pipeline, and compute the features after each step.

The compiler supports only steps whose output columns each depend on one input column.
So each feature depends on one column of the schema. apply_step() raises
UnsupportedModelError for a step that this module does not support.
"""

from collections.abc import Callable
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    LabelBinarizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from ml_census.engine.compiler.pipeline import number_rules, spline_rules, step_rules
from ml_census.engine.compiler.pipeline.features import Feature, UnsupportedModelError
from ml_census.engine.compiler.pipeline.outputs import scaled
from ml_census.engine.compiler.pipeline.refusals import no_rule, require_class_methods
from ml_census.engine.pipeline_visitor import PipelineVisitor

Rule = Callable[[Any, list[Feature]], list[Feature]]
RULES: dict[type, Rule] = {
    SimpleImputer: step_rules.impute,
    MissingIndicator: number_rules.indicate,
    OrdinalEncoder: step_rules.encode_ordinal,
    OneHotEncoder: step_rules.encode_one_hot,
    LabelBinarizer: step_rules.binarize_labels,
    StandardScaler: step_rules.scale,
    MinMaxScaler: step_rules.scale,
    MaxAbsScaler: step_rules.scale,
    RobustScaler: step_rules.scale,
    TargetEncoder: step_rules.encode_targets,
    Binarizer: number_rules.binarize,
    KBinsDiscretizer: number_rules.discretize,
    FunctionTransformer: number_rules.apply_function,
    PowerTransformer: number_rules.transform_power,
    QuantileTransformer: number_rules.transform_quantiles,
    PolynomialFeatures: number_rules.expand_powers,
    SplineTransformer: spline_rules.transform_splines,
}
"""Class of a step -> function that returns the output features of such a step from its
input features."""


class _PipelineTracer(PipelineVisitor[Feature]):
    """Visitor that computes features. A step must have the exact class, since a subclass can work differently."""

    def visit(self, step: Any, columns: list[Feature]) -> list[Feature]:
        if isinstance(step, BaseEstimator):
            require_class_methods(step)
        return super().visit(step, columns)

    def is_a(self, step: Any, step_class: type) -> bool:
        return type(step) is step_class

    def is_selector(self, step: Any, columns: list[Feature]) -> bool:
        return super().is_selector(step, columns) and type(step).__module__.startswith("sklearn.")

    def weigh(self, step: FeatureUnion | ColumnTransformer, name: str, columns: list[Feature]) -> list[Feature]:
        weight = (step.transformer_weights or {}).get(name)
        return columns if weight is None else [scaled(feature, weight) for feature in columns]

    def transform(self, step: Any, columns: list[Feature]) -> list[Feature]:
        if (rule := RULES.get(type(step))) is None:
            raise UnsupportedModelError(no_rule(type(step)))
        return rule(step, columns)


def apply_step(step: Any, features: list[Feature]) -> list[Feature]:
    """Return the features after a fitted step, from the features before the step.

    Raises UnsupportedModelError if the compiler does not support the step or one of its
    options. Raises SklearnInternalsError if the installed scikit-learn lacks a private
    attribute that the compiler reads.
    """
    return _PipelineTracer().visit(step, features)
