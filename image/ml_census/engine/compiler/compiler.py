"""Compile a fitted scikit-learn model and its schema to a CompiledPredictor."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import IsolationForest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import RANSACRegressor, SGDOneClassSVM
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.pipeline import Pipeline

from ml_census.engine.compiler.boosters import booster_rules
from ml_census.engine.compiler.boosters.booster_features import steps_of_sparse_input
from ml_census.engine.compiler.composed import composed_rules
from ml_census.engine.compiler.composed.builder import EstimatorInput
from ml_census.engine.compiler.linear import linear_models, naive_bayes
from ml_census.engine.compiler.pipeline.features import Feature, UnsupportedModelError, input_features
from ml_census.engine.compiler.pipeline.pipeline_tracer import apply_step
from ml_census.engine.compiler.pipeline.refusals import no_rule
from ml_census.engine.compiler.trees import isolation_forest, tree_models
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.sklearn_internals import SklearnInternalsError
from ml_census.engine.sklearn_output import class_labels
from ml_census.schema import Schema

Rule = Callable[[Any, Schema, list[Feature], list[Any] | None], CompiledPredictor]
RULES: dict[type, Rule] = {
    **dict.fromkeys(tree_models.FORESTS + tree_models.TREES, tree_models.compile_forest),
    **dict.fromkeys(tree_models.GRADIENT_BOOSTING, tree_models.compile_gradient_boosting),
    **dict.fromkeys(tree_models.HISTOGRAM_BOOSTING, tree_models.compile_histogram_boosting),
    IsolationForest: isolation_forest.compile_isolation_forest,
    **dict.fromkeys(linear_models.LINEAR, linear_models.compile_linear),
    **dict.fromkeys(linear_models.GENERALIZED, linear_models.compile_generalized),
    **dict.fromkeys(linear_models.CENTERED, linear_models.compile_centered),
    **dict.fromkeys(linear_models.DUMMIES, linear_models.compile_dummy),
    SGDOneClassSVM: linear_models.compile_one_class,
    MultinomialNB: naive_bayes.compile_counts,
    ComplementNB: naive_bayes.compile_counts,
    BernoulliNB: naive_bayes.compile_bernoulli,
    CategoricalNB: naive_bayes.compile_categorical,
    GaussianNB: naive_bayes.compile_gaussian,
    QuadraticDiscriminantAnalysis: naive_bayes.compile_quadratic,
}
"""Class of a model -> the function that compiles such models.

A subclass of such a class is not compiled, since a subclass can predict differently.
"""


def compile_model(model: Any, schema: Schema) -> CompiledPredictor:
    """Return the compiled form of a fitted model. For a search such as GridSearchCV, compile its best_estimator_.

    Raises UnsupportedModelError if the compiler does not support the model, a step
    before it, or the installed scikit-learn. Raises SchemaError if JSON cannot
    represent the classes of the model.
    """
    try:
        return _compile(model, EstimatorInput(schema, input_features(schema), schema, (), _compile))
    except SklearnInternalsError as error:
        raise UnsupportedModelError(str(error)) from error


def _compile(model: Any, inputs: EstimatorInput) -> CompiledPredictor:
    """Return the compiled form of a fitted model, or of an estimator inside a model."""
    features, steps = inputs.features, inputs.steps
    while (inner := _inner_model(model)) is not model:
        if type(model) is Pipeline:
            for _, step in model.steps[:-1]:
                features, steps = apply_step(step, features), (*steps, step)
        model = inner
    classes = _single_output_classes(model)
    if (booster_rule := booster_rules.rule_for(model)) is not None:
        sparse = steps_of_sparse_input((*steps, model), inputs.given)
        return booster_rule(model, inputs.schema, features, classes, sparse)
    if (composed_rule := composed_rules.RULES.get(type(model))) is not None:
        return composed_rule(model, replace(inputs, features=features, steps=steps), classes)
    if (rule := RULES.get(type(model))) is None:
        raise UnsupportedModelError(no_rule(type(model)))
    return rule(model, inputs.schema, features, classes)


def _inner_model(model: Any) -> Any:
    """Return the estimator that predicts for a search, a Pipeline and other wrappers. Return any other model itself."""
    if type(model) is FrozenEstimator:
        return model.estimator
    if type(model) is RANSACRegressor:
        return model.estimator_
    return model.steps[-1][1] if type(model) is Pipeline else getattr(model, "best_estimator_", model)


def _single_output_classes(model: Any) -> list[Any] | None:
    """Return the classes of a classifier, else None. Raises UnsupportedModelError for several outputs or one class."""
    if getattr(model, "classes_", None) is None:
        return None
    classes = class_labels(model)
    if classes is None or getattr(model, "multilabel_", False):
        raise UnsupportedModelError(f"no rule for a {type(model).__name__} of several outputs")
    if len(classes) < 2:
        raise UnsupportedModelError("the model knows one class only")
    return classes
