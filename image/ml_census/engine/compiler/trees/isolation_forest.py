"""Compile an IsolationForest: the score of a row is the sum of the lengths of its paths, minus a threshold."""

from dataclasses import replace
from typing import Any

import numpy as np

from ml_census.engine import sklearn_internals
from ml_census.engine.compiler.pipeline.features import Feature
from ml_census.engine.compiler.trees.float_bisection import largest_where
from ml_census.engine.compiler.trees.tree_compiler import FittedTrees, compile_trees
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes, from_sklearn_tree
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.schema import Schema

LEAF = TreeNodes(
    leaf=np.array([True]),
    feature=np.array([-2]),
    threshold=np.array([0.0]),
    missing_right=np.array([False]),
    left=np.array([-1]),
    right=np.array([-1]),
    by_category={},
)
"""A tree of one leaf."""


def compile_isolation_forest(
    model: Any, schema: Schema, features: list[Feature], classes: list[Any] | None
) -> CompiledPredictor:
    """Return the compiled form of a fitted IsolationForest, which predicts 1 for inliers and -1 for outliers.

    `features` are the input columns of the model, after the steps of the pipeline.
    Raises UnsupportedModelError if a feature is not supported, or if no tree has a split.
    Raises SklearnInternalsError if the installed scikit-learn lacks a private attribute.
    """
    scoring = compile_trees(schema, features, _with_threshold(model))
    return CompiledPredictor(schema, scoring, classes, "outlier")


def _with_threshold(model: Any) -> FittedTrees:
    """Return the trees, whose leaf values are path lengths, and a last leaf with the negative threshold.

    scikit-learn also adds the lengths of all paths before it compares them, so both
    round alike.
    """
    trees = [_nodes(model, *pair) for pair in zip(model.estimators_, model.estimators_features_, strict=True)]
    lengths = sklearn_internals.isolation_path_lengths(model)
    return FittedTrees(
        trees=[*trees, LEAF],
        values=[*(values[:, np.newaxis] for values in lengths), np.array([[-_threshold(model)]])],
        outputs=[0] * (len(trees) + 1),
        base=np.zeros(1),
    )


def _nodes(model: Any, estimator: Any, indices: np.ndarray) -> TreeNodes:
    """Return the nodes of a tree. `indices` are the features of its training data, unless it was trained on all."""
    nodes = from_sklearn_tree(estimator.tree_)
    if len(indices) == model.n_features_in_:  # scikit-learn ignores the order of the indices
        return nodes
    return replace(nodes, feature=indices[np.maximum(nodes.feature, 0)])  # leaves have the feature -2


def _threshold(model: Any) -> float:
    """Return the smallest sum of path lengths for which the model predicts an inlier."""
    denominator = sklearn_internals.isolation_denominator(model)

    def is_outlier(sums: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # numbers that are no sums of lengths
            decisions: np.ndarray = -(2 ** (-sums / denominator)) - model.offset_
        return decisions < 0

    (largest,) = largest_where(is_outlier, 1)
    return float(np.nextafter(largest, np.inf))
