"""Compile the trees of several inner estimators to one TreeEnsemble, whose C code evaluates all trees in one call."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ml_census.engine.compiler.composed.builder import EstimatorInput
from ml_census.engine.compiler.pipeline.features import Feature
from ml_census.engine.compiler.trees.tree_compiler import FittedTrees, compile_trees
from ml_census.engine.compiler.trees.tree_models import TREES
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes, from_sklearn_tree
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble

Members = Sequence[tuple[Any, EstimatorInput]]
"""Decision trees, each with its input."""


def tree_members(estimators: Iterable[tuple[Any, EstimatorInput]]) -> Members | None:
    """Return the decision trees of estimators and pipelines, or None if one of them is another model.

    Raises UnsupportedModelError if the compiler does not support a step of a pipeline.
    """
    members: list[tuple[Any, EstimatorInput]] = []
    for estimator, inputs in estimators:
        model, own = inputs.after(estimator)
        if type(model) not in TREES:
            return None
        members.append((model, own))
    return members


def compile_members(
    members: Members, values: Callable[[int, Any], np.ndarray], score_count: int, divisor: int = 1, apart: bool = False
) -> TreeEnsemble:
    """Return the compiled trees.

    `values(position, tree)` returns the values of the nodes of a member: float64
    (nodes, width). The scores are the sums of the values of all trees, divided by
    `divisor`. With `apart`, each tree has a score of its own. Raises
    UnsupportedModelError as compile_trees() does.
    """
    trees, features = _with_common_features(members)
    by_tree = [values(index, model) for index, (model, _) in enumerate(members)]
    outputs = list(range(len(members))) if apart else [0] * len(members)
    fitted = FittedTrees(trees, by_tree, outputs, base=np.zeros(score_count), divisor=divisor)
    return compile_trees(members[0][1].schema, features, fitted)


def _with_common_features(members: Members) -> tuple[list[TreeNodes], list[Feature]]:
    """Return the trees, and the list of features whose positions the nodes of all trees have."""
    features: list[Feature] = []
    known: dict[int, int] = {}
    trees = []
    for model, inputs in members:
        positions = [_position(feature, features, known) for feature in inputs.features]
        trees.append(_with_features(from_sklearn_tree(model.tree_), np.array(positions)))
    return trees, features


def _position(feature: Feature, features: list[Feature], known: dict[int, int]) -> int:
    """Return the position of a feature in the list. A feature that the list does not contain is added."""
    if id(feature) not in known:
        known[id(feature)] = len(features)
        features.append(feature)
    return known[id(feature)]


def _with_features(tree: TreeNodes, positions: np.ndarray) -> TreeNodes:
    """Return the tree with other positions of the features. A leaf keeps its negative position."""
    feature = np.where(tree.leaf, tree.feature, positions[np.where(tree.leaf, 0, tree.feature)])
    return replace(tree, feature=feature)
