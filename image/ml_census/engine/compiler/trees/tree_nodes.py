"""The nodes of fitted trees as arrays, and the order in which the kernel wants them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_census.engine.runtime.kernel import LEAF_SPAN
from ml_census.engine.sklearn_internals import CategorySplit, HistogramTree


@dataclass(frozen=True)
class TreeNodes:
    """The nodes of a tree, or of many trees one after the other. All arrays have an item for each node."""

    leaf: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_right: np.ndarray
    left: np.ndarray
    right: np.ndarray
    by_category: Mapping[int, CategorySplit]
    """The nodes that split by a set of categories and not by a threshold."""


def from_sklearn_tree(tree: Any) -> TreeNodes:
    """Return the nodes of an estimator's `tree_`."""
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
    """Return the nodes of a tree of histogram boosting."""
    return TreeNodes(
        leaf=tree.is_leaf,
        feature=tree.feature,
        threshold=tree.threshold,
        missing_right=~tree.missing_go_to_left,
        left=tree.left,
        right=tree.right,
        by_category=tree.by_category,
    )


def concatenate(trees: Sequence[TreeNodes]) -> tuple[TreeNodes, np.ndarray]:
    """Return all trees one after the other, and the position of each root as int64 (trees,)."""
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
    """Return the new position of each node, so that siblings are adjacent: int64 (nodes,).

    Siblings come in the order of their parents. The trees are stored depth first and stay so: the nodes of a path to a
    leaf are close to each other in memory.
    """
    inner = np.flatnonzero(~trees.leaf)
    order = np.empty(len(trees.leaf), dtype=np.int64)
    order[roots] = roots
    # the children of a tree's k-th inner node come at root + 1 + 2k
    inner_before = np.searchsorted(inner, roots)
    tree = np.searchsorted(roots, inner, side="right") - 1
    first = roots[tree] + 1 + 2 * (np.arange(len(inner)) - inner_before[tree])
    order[trees.left[inner]] = first
    order[trees.right[inner]] = first + 1
    return order


def reorder(nodes: np.ndarray, trees: TreeNodes, order: np.ndarray) -> np.ndarray:
    """Return the kernel's nodes in their new order, with their children: uint32 (nodes, 4).

    The child of a leaf is one before the leaf, because the test of a leaf is always true and adds 1.
    """
    inner = ~trees.leaf
    nodes[inner, 3] = order[trees.left[inner]]
    nodes[trees.leaf, 2] = LEAF_SPAN
    nodes[trees.leaf, 3] = (order[trees.leaf] - 1) % 2**32
    reordered = np.empty_like(nodes)
    reordered[order] = nodes
    return reordered
