"""The nodes of fitted trees as arrays, and the node order that kernel.c requires: siblings are adjacent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.compiler.trees.category_splits import CategorySplitTest, HistogramSplitTest
from ml_census.engine.runtime.kernel import LEAF_SPAN
from ml_census.engine.sklearn_internals import HistogramTree


@dataclass(frozen=True)
class TreeNodes:
    """The nodes of a tree, or the concatenated nodes of several trees. All arrays have the shape (nodes,)."""

    leaf: np.ndarray
    """bool: whether the node is a leaf."""
    feature: np.ndarray
    """int64: position of the feature that the node compares."""
    threshold: np.ndarray
    """float64: maximum feature value that goes to the left child."""
    missing_right: np.ndarray
    """bool: whether a missing value goes to the right child."""
    left: np.ndarray
    """int64: position of the left child."""
    right: np.ndarray
    """int64: position of the right child."""
    by_category: Mapping[int, CategorySplitTest]
    """Position of a node -> its test, for the nodes that split by category and not by
    threshold."""


def from_sklearn_tree(tree: Any) -> TreeNodes:
    """Return the nodes of a scikit-learn Tree, the attribute `tree_` of a decision tree."""
    return TreeNodes(
        leaf=tree.children_left < 0,
        feature=tree.feature,
        threshold=tree.threshold,
        missing_right=tree.missing_go_to_left == 0,
        left=tree.children_left,
        right=tree.children_right,
        by_category={},
    )


def from_histogram_tree(tree: HistogramTree) -> TreeNodes:
    """Return the nodes of a tree of a HistGradientBoosting* model."""
    return TreeNodes(
        leaf=tree.is_leaf,
        feature=tree.feature,
        threshold=tree.threshold,
        missing_right=~tree.missing_go_to_left,
        left=tree.left,
        right=tree.right,
        by_category={node: HistogramSplitTest(split) for node, split in tree.by_category.items()},
    )


def concatenate(trees: Sequence[TreeNodes]) -> tuple[TreeNodes, np.ndarray]:
    """Return the concatenated nodes of all trees, and the position of the root of each tree: int64 (trees,)."""
    sizes = np.array([len(tree.leaf) for tree in trees])
    roots = np.cumsum(sizes) - sizes
    shift = np.repeat(roots, sizes)
    names = ("leaf", "feature", "threshold", "missing_right", "left", "right")
    arrays = {name: np.concatenate([getattr(tree, name) for tree in trees]) for name in names}
    arrays |= {name: arrays[name] + shift for name in ("left", "right")}
    by_category = {
        int(root) + node: split
        for root, tree in zip(roots, trees, strict=True)
        for node, split in tree.by_category.items()
    }
    return TreeNodes(**arrays, by_category=by_category), roots


def sibling_order(trees: TreeNodes, roots: np.ndarray) -> np.ndarray:
    """Return the new position of each node in an order with adjacent siblings: int64 (nodes,).

    Pairs of siblings have the order of their parents, so that the nodes of a path to a
    leaf are close in memory.
    """
    inner = np.flatnonzero(~trees.leaf)
    order = np.empty(len(trees.leaf), dtype=np.int64)
    order[roots] = roots
    # the children of inner node k of a tree have the positions root + 1 + 2k and + 2 + 2k
    inner_before = np.searchsorted(inner, roots)
    tree = np.searchsorted(roots, inner, side="right") - 1
    first = roots[tree] + 1 + 2 * (np.arange(len(inner)) - inner_before[tree])
    order[trees.left[inner]] = first
    order[trees.right[inner]] = first + 1
    return order


def reorder(nodes: np.ndarray, trees: TreeNodes, order: np.ndarray) -> np.ndarray:
    """Return the nodes in the new order, with the positions of their children: uint32 (nodes, 4).

    `nodes` has the struct Node of forest.h for each node; this function changes the
    array. `order` is the result of sibling_order(). For kernel.c, the first child of a
    leaf is the position before the leaf, and the test of a leaf is always true. So the
    second child of a leaf is the leaf itself.
    """
    inner = ~trees.leaf
    nodes[inner, 3] = order[trees.left[inner]]
    nodes[trees.leaf, 2] = LEAF_SPAN
    nodes[trees.leaf, 3] = (order[trees.leaf] - 1) % 2**32
    reordered = np.empty_like(nodes)
    reordered[order] = nodes
    return reordered
