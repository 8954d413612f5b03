"""The nodes of fitted trees as arrays, and their order for the kernel."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from ml_census.engine.compiler.trees.tree_nodes import concatenate, from_sklearn_tree, reorder, sibling_order
from ml_census.engine.runtime.kernel import LEAF_SPAN

ROWS = np.arange(40, dtype=float)[:, np.newaxis]
TREES = [
    from_sklearn_tree(DecisionTreeClassifier(max_depth=depth).fit(ROWS, np.arange(40) // 5 % 2).tree_)
    for depth in (1, 3)
]


def test_concatenated_children_are_those_of_their_own_tree() -> None:
    trees, roots = concatenate(TREES)
    inner = np.flatnonzero(~trees.leaf)

    assert roots.tolist() == [0, len(TREES[0].leaf)]
    assert len(trees.leaf) == sum(len(tree.leaf) for tree in TREES)
    for node in inner:
        first = roots[np.searchsorted(roots, node, side="right") - 1]
        assert trees.left[node] > node >= first


def test_sibling_order_puts_siblings_together_after_their_parent() -> None:
    trees, roots = concatenate(TREES)

    order = sibling_order(trees, roots)

    inner = ~trees.leaf
    assert sorted(order.tolist()) == list(range(len(order)))
    assert (order[trees.right[inner]] - order[trees.left[inner]] == 1).all()
    assert (order[trees.left[inner]] > order[inner]).all()


def test_reordered_leaves_are_their_own_second_child() -> None:
    trees, roots = concatenate(TREES)

    nodes = reorder(np.zeros((len(trees.leaf), 4), dtype=np.uint32), trees, sibling_order(trees, roots))

    leaves = np.flatnonzero(nodes[:, 2] == LEAF_SPAN)
    assert len(leaves) == trees.leaf.sum()
    assert ((nodes[leaves, 3].astype(np.int64) + 1) % 2**32 == leaves).all()
