"""Compile the tree models of scikit-learn: forests, single trees, GradientBoosting* and HistGradientBoosting*."""

from typing import Any

import numpy as np
from sklearn import ensemble, tree

from ml_census.engine import sklearn_internals
from ml_census.engine.compiler.pipeline.features import Feature, UnsupportedModelError
from ml_census.engine.compiler.pipeline.pipeline_tracer import apply_step
from ml_census.engine.compiler.trees.tree_compiler import FittedTrees, compile_trees
from ml_census.engine.compiler.trees.tree_nodes import from_histogram_tree, from_sklearn_tree
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.schema import Schema

FORESTS = (
    ensemble.RandomForestClassifier,
    ensemble.RandomForestRegressor,
    ensemble.ExtraTreesClassifier,
    ensemble.ExtraTreesRegressor,
)
TREES = (
    tree.DecisionTreeClassifier,
    tree.DecisionTreeRegressor,
    tree.ExtraTreeClassifier,
    tree.ExtraTreeRegressor,
)
GRADIENT_BOOSTING = (ensemble.GradientBoostingClassifier, ensemble.GradientBoostingRegressor)
HISTOGRAM_BOOSTING = (ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor)
LINKS = {
    "HalfBinomialLoss": "exact_logistic",
    "ExponentialLoss": "half_logistic",
    "HalfMultinomialLoss": "softmax",
    "IdentityLink": "identity",
    "LogLink": "exp",
}
"""Class name of a loss or a link in scikit-learn -> key in runtime/links.py of the
function that converts scores."""


def compile_forest(model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None) -> CompiledPredictor:
    """Return the compiled form of a fitted forest or single tree, whose predictions are means of leaf values.

    `features` are the input columns of the model, after the steps of the pipeline.
    `classes` is None for a regressor. Raises UnsupportedModelError if a feature is not
    supported, or if no tree has a split.
    """
    trees = [model.tree_] if type(model) in TREES else [estimator.tree_ for estimator in model.estimators_]
    values = [tree.value[:, 0, :] if classes else tree.value[:, :, 0] for tree in trees]
    nodes = [from_sklearn_tree(tree) for tree in trees]
    fitted = FittedTrees(nodes, values, [0] * len(trees), np.zeros(values[0].shape[1]), divisor=len(trees))
    scoring = compile_trees(schema, features, fitted)
    return CompiledPredictor(schema, scoring, classes, "identity", flat=model.n_outputs_ == 1)


def compile_gradient_boosting(
    model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted GradientBoosting* model.

    `features` are the input columns of the model, after the steps of the pipeline.
    `classes` is None for a regressor. Raises UnsupportedModelError if a feature is not
    supported, no tree has a split, or init_ is an estimator other than Dummy*. Raises
    SklearnInternalsError if the installed scikit-learn lacks a private attribute.
    """
    if model.init_ != "zero" and not type(model.init_).__name__.startswith("Dummy"):
        raise UnsupportedModelError("no rule for boosting that starts from another model")
    link = LINKS[sklearn_internals.loss_name(model)] if classes else "identity"
    scoring = compile_trees(schema, features, _trees_of_stages(model))
    return CompiledPredictor(schema, scoring, classes, link, zero_is_second=True)


def _trees_of_stages(model: Any) -> FittedTrees:
    """Return the trees of a GradientBoosting* model: each stage has a tree for each score."""
    trees = [(output, estimator.tree_) for stage in model.estimators_ for output, estimator in enumerate(stage)]
    return FittedTrees(
        trees=[from_sklearn_tree(tree) for _, tree in trees],
        values=[model.learning_rate * tree.value[:, 0, :] for _, tree in trees],
        outputs=[output for output, _ in trees],
        base=sklearn_internals.initial_scores(model),
        accepts_missing=False,
    )


def compile_histogram_boosting(
    model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted HistGradientBoosting* model.

    `features` are the input columns of the model, after the steps of the pipeline.
    `classes` is None for a regressor. Raises UnsupportedModelError if a feature, the
    loss or the link is not supported, or if no tree has a split. Raises
    SklearnInternalsError if the installed scikit-learn lacks a private attribute.
    """
    scoring = compile_trees(schema, _with_encoded_categories(model, features), _histogram_trees(model))
    name = sklearn_internals.loss_name(model) if classes else sklearn_internals.link_name(model)
    if (link := LINKS.get(name)) is None:
        raise UnsupportedModelError(f"no rule for {name}")
    return CompiledPredictor(schema, scoring, classes, link)


def _histogram_trees(model: Any) -> FittedTrees:
    """Return the trees of a HistGradientBoosting* model, which compares numbers in float64."""
    trees = sklearn_internals.histogram_trees(model)
    return FittedTrees(
        trees=[from_histogram_tree(tree) for tree in trees],
        values=[tree.value[:, np.newaxis] for tree in trees],
        outputs=[tree.output for tree in trees],
        base=sklearn_internals.histogram_baseline(model),
        dtype=np.float64,
    )


def _with_encoded_categories(model: Any, features: list[Feature]) -> list[Feature]:
    """Return the features in the order of the trees' feature indices.

    The model encodes its categorical columns and moves the encoded columns before the
    number columns.
    """
    if (encoder := sklearn_internals.category_encoder(model)) is None:
        return features
    flags = np.asarray(model.is_categorical_).tolist()
    categorical = [feature for feature, is_categorical in zip(features, flags, strict=True) if is_categorical]
    numeric = [feature for feature, is_categorical in zip(features, flags, strict=True) if not is_categorical]
    return [*apply_step(encoder, categorical), *numeric]
