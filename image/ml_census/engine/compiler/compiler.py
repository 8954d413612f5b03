"""Compile a fitted scikit-learn model and its schema to a CompiledPredictor."""

from collections.abc import Callable
from typing import Any

from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import SGDOneClassSVM
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

from ml_census.engine.compiler.boosters import booster_rules
from ml_census.engine.compiler.boosters.booster_features import steps_of_sparse_input
from ml_census.engine.compiler.composed import composed_rules
from ml_census.engine.compiler.composed.builder import EstimatorInput
from ml_census.engine.compiler.linear import linear_models, naive_bayes, networks
from ml_census.engine.compiler.pipeline.features import (
    Feature,
    UnsupportedColumnError,
    UnsupportedModelError,
    input_features,
)
from ml_census.engine.compiler.pipeline.refusals import no_rule
from ml_census.engine.compiler.trees import isolation_forest, tree_models
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.finite import NotFiniteError
from ml_census.engine.runtime.serialization import CompiledError, require_readable
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
    **dict.fromkeys(networks.NETWORKS, networks.compile_network),
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
    before it, or the installed scikit-learn, or if the compiled model exceeds a maximum
    of archive.py. Raises SchemaError if JSON cannot represent the classes of the model.
    """
    try:
        compiled = _compile(model, EstimatorInput(schema, input_features(schema), schema, (), _compile))
    except SklearnInternalsError as error:
        raise UnsupportedModelError(str(error)) from error
    except NotFiniteError as error:
        raise UnsupportedModelError(f"the fitted model is not finite: {error}") from error
    try:
        require_readable(compiled)
    except CompiledError as error:
        raise UnsupportedModelError(f"the compiled model {error}") from error
    return compiled


def _compile(model: Any, inputs: EstimatorInput) -> CompiledPredictor:
    """Return the compiled form of a fitted model, or of an estimator inside a model."""
    try:
        return _compile_by_rule(model, inputs)
    except UnsupportedColumnError as error:
        raise error.with_name(inputs.schema) from error


def _compile_by_rule(model: Any, inputs: EstimatorInput) -> CompiledPredictor:
    model, inputs = inputs.after(model)
    classes = _single_output_classes(model)
    if (booster_rule := booster_rules.rule_for(model)) is not None:
        sparse = steps_of_sparse_input((*inputs.steps, model), inputs.given)
        return booster_rule(model, inputs.schema, inputs.features, classes, sparse)
    if (composed_rule := composed_rules.RULES.get(type(model))) is not None:
        return composed_rule(model, inputs, classes)
    if (rule := RULES.get(type(model))) is None:
        raise UnsupportedModelError(no_rule(type(model)))
    return rule(model, inputs.schema, inputs.features, classes)


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
