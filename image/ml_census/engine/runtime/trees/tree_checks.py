"""Check the arrays of a TreeEnsemble before the C code of kernel.c reads them without checks.

The arrays come from a file, so every index in the arrays can be wrong. After these
checks, each index is within its array. Each child comes after its only parent, so every
path through a tree ends.
"""

import numpy as np

from ml_census.engine.runtime.finite import require_finite
from ml_census.engine.runtime.kernel import BITSET_FLAG, LEAF_SPAN
from ml_census.engine.runtime.trees.tree_arrays import TreeArrays

ARRAYS = (
    ("nodes", np.uint32, 2),
    ("bitsets", np.uint32, 1),
    ("roots", np.uint32, 1),
    ("outputs", np.uint32, 1),
    ("values", np.float64, 2),
    ("base", np.float64, 1),
)
"""Name, dtype and number of dimensions of each array of a TreeEnsemble."""


def check_arrays(trees: TreeArrays) -> None:
    """Raise ValueError if an array has another dtype, shape or memory layout than kernel.c requires.

    Raises ValueError also if `divisor` is not a whole number above 0, `single` is no
    truth value, or a value is NaN or infinite.
    """
    for name, dtype, axes in ARRAYS:
        _check_layout(name, getattr(trees, name), dtype, axes)
    if type(trees.divisor) is not int or trees.divisor < 1:
        raise ValueError("divisor must be a whole number above 0")
    if type(trees.single) is not bool:
        raise ValueError("single must be true or false")
    if trees.nodes.shape[1] != 4:
        raise ValueError("nodes must have four numbers")
    for name in ("values", "base"):
        require_finite(name, getattr(trees, name))


def _check_layout(name: str, array: np.ndarray, dtype: type, axes: int) -> None:
    if array.dtype != dtype or array.ndim != axes or not array.flags.c_contiguous:
        raise ValueError(f"{name} must be a C-contiguous array of {dtype.__name__} with {axes} axes")


def check_nodes(trees: TreeArrays) -> None:
    """Raise ValueError if an index is out of bounds, or if a node can be reached twice.

    A child comes after its only parent, and a root has no parent and is that of one
    tree. So a row visits each node maximum once.
    """
    leaves = trees.nodes[:, 2] == LEAF_SPAN
    sound = (
        _has_valid_trees(trees)
        and bool((trees.nodes[:, 0] & ~np.uint32(BITSET_FLAG) < len(trees.encoders)).all())
        and _has_valid_children(trees.nodes, leaves)
        and _are_separate(trees.roots, trees.nodes[~leaves, 3])
        and bool((trees.nodes[leaves, 1] < len(trees.values)).all())
        and _has_valid_bitsets(trees, leaves)
    )
    if not sound:
        raise ValueError("the trees' arrays do not match each other")


def _has_valid_trees(trees: TreeArrays) -> bool:
    width = trees.values.shape[1]
    return (
        len(trees.outputs) == len(trees.roots) > 0
        and width > 0
        and bool((trees.roots < len(trees.nodes)).all())
        and bool((trees.outputs + np.int64(width) <= len(trees.base)).all())
    )


def _has_valid_children(nodes: np.ndarray, leaves: np.ndarray) -> bool:
    """Return whether children come after their only parents, and whether each leaf is its own second child.

    Without the check for a second parent, reasons.c could visit a node exponentially
    often.
    """
    child, own = nodes[:, 3].astype(np.int64), np.arange(len(nodes))
    inner = ~leaves
    return bool(
        (child[inner] > own[inner]).all()
        and (child[inner] + 1 < len(nodes)).all()
        and (child[leaves] == (own[leaves] - 1) % 2**32).all()
        and _are_distinct(child[inner])
    )


def _are_distinct(first: np.ndarray) -> bool:
    """Return whether no two pairs of siblings share a node. `first` has the first node of each pair."""
    pairs = np.bincount(first)
    return bool((pairs[1:] + pairs[:-1] <= 1).all() and (pairs <= 1).all())


def _are_separate(roots: np.ndarray, first: np.ndarray) -> bool:
    """Return whether the roots are distinct, and none is a child. `first` has the first node of each pair of siblings.

    Otherwise, a file of 64 MB could have a path of two million nodes in each of eight
    million trees.
    """
    return len(np.unique(roots)) == len(roots) and not np.isin(roots, np.concatenate([first, first + 1])).any()


def _has_valid_bitsets(trees: TreeArrays, leaves: np.ndarray) -> bool:
    """Return whether only inner nodes test by bitset, and whether all bitsets are in the array."""
    flagged = trees.nodes[:, 0] >= BITSET_FLAG
    if (flagged & leaves).any():
        return False
    encoders = trees.nodes[flagged, 0] & ~np.uint32(BITSET_FLAG)
    starts = trees.nodes[flagged, 1].astype(np.int64)
    words = np.array([(encoder.count + 31) // 32 for encoder in trees.encoders])
    return bool((starts + words[encoders] <= len(trees.bitsets)).all())
