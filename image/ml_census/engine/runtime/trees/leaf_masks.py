"""Bit masks of small trees for the C code of leaf_masks.c: one bit for each leaf of a tree.

leaf_masks.c adds the same numbers in the same order as kernel.c. For the boosted census
model, leaf_masks.c takes a twelfth of the time (400 trees of 24 leaves: 0.57 instead of
6.4 microseconds for one row).
"""

import ctypes
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ml_census.engine.runtime.kernel import BITSET_FLAG, LEAF_SPAN, Kernel
from ml_census.engine.runtime.trees.tree_arrays import TreeArrays

MAX_LEAVES = 64
"""Maximum number of leaves of a tree, one for each bit of the largest mask."""
MAX_LINE_BYTES = 256
"""Maximum product of the number of columns and the bytes of a mask.

The time of leaf_masks.c grows with this product. With 64 columns and masks of 4 bytes,
leaf_masks.c took half the time of kernel.c; with 100 columns 0.8 of the time, and with
200 columns 1.6 times the time.
"""
MAX_TABLE_BYTES = 32 * 1024**2
"""Maximum bytes of all masks and leaf values of a model (32 MiB), to bound the memory
of a pod."""


class LeafMasksStruct(ctypes.Structure):
    """ctypes declaration of the struct LeafMasks in leaf_masks.c: addresses of arrays, then counts."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("masks", "lines", "outputs", "values")),
        *((name, ctypes.c_uint32) for name in ("trees", "width", "columns", "scores", "single")),
    )


class _Tree(NamedTuple):
    """Leaves of a tree as positions in `nodes`. For each inner node: its fields, and the leaves below each child."""

    leaves: list[int]
    splits: list[tuple[list[int], int, int]]


def create_kernel(ensemble: TreeArrays) -> Kernel | None:
    """Return the kernel of leaf_masks.c for an ensemble, or None for an ensemble that exceeds one of the maximums.

    Raises OSError if libkernel.so cannot be loaded.
    """
    trees = _read_trees(ensemble)
    bits = 32 if max((len(tree.leaves) for tree in trees), default=MAX_LEAVES) <= 32 else MAX_LEAVES
    counts = np.array([encoder.count for encoder in ensemble.encoders], dtype=np.int64)
    width = ensemble.values.shape[1]
    if not trees or not _is_within_limits(len(trees), counts, bits, width):
        return None
    lines = (counts.cumsum() - counts).astype(np.uint32)
    arrays = (_masks(ensemble, trees, lines, bits), lines, ensemble.outputs, _values(ensemble, trees, bits))
    numbers = (len(trees), width, len(counts), len(ensemble.base), ensemble.single)
    return Kernel(f"sum_masked_leaves_{bits}", LeafMasksStruct, arrays, numbers)


def _is_within_limits(trees: int, counts: np.ndarray, bits: int, width: int) -> bool:
    table_bytes = trees * (int(counts.sum()) * bits // 8 + bits * width * 8)
    return len(counts) * bits // 8 <= MAX_LINE_BYTES and table_bytes <= MAX_TABLE_BYTES


def _read_trees(ensemble: TreeArrays) -> list[_Tree]:
    """Return all trees, or an empty list if a tree has more than MAX_LEAVES leaves."""
    trees = []
    for root in ensemble.roots.tolist():
        tree = _read_tree(ensemble.nodes, root)
        if tree is None:
            return []
        trees.append(tree)
    return trees


def _read_tree(nodes: np.ndarray, root: int) -> _Tree | None:
    fields: dict[int, list[int]] = {}
    pending = [root]
    while pending:
        node = pending.pop()
        if len(fields) >= 2 * MAX_LEAVES - 1:
            return None
        fields[node] = nodes[node].tolist()
        if fields[node][2] != LEAF_SPAN:
            pending += (fields[node][3], fields[node][3] + 1)
    leaves = [node for node, values in fields.items() if values[2] == LEAF_SPAN]
    return _Tree(leaves, _splits(fields, leaves))


def _splits(fields: dict[int, list[int]], leaves: list[int]) -> list[tuple[list[int], int, int]]:
    """Return for each inner node its fields, and the leaves below each child as bits."""
    below = {node: 1 << position for position, node in enumerate(leaves)}
    splits = []
    for node, values in reversed(fields.items()):  # children before their parents
        if node not in below:
            first, second = below[values[3]], below[values[3] + 1]
            below[node] = first | second
            splits.append((values, first, second))
    return splits


def _masks(ensemble: TreeArrays, trees: Sequence[_Tree], lines: np.ndarray, bits: int) -> np.ndarray:
    """Return the masks of all columns and codes: uint32 or uint64 (lines, trees).

    A mask lacks the bits of the leaves that a row with this code cannot reach.
    """
    dtype, full = np.dtype(f"uint{bits}"), 2**bits - 1
    masks = np.full((sum(encoder.count for encoder in ensemble.encoders), len(trees)), full, dtype=dtype)
    for position, tree in enumerate(trees):
        for values, first, second in tree.splits:
            column = values[0] & ~BITSET_FLAG
            goes_second = _test(ensemble.bitsets, values, ensemble.encoders[column].count)
            possible = np.where(goes_second, dtype.type(full ^ first), dtype.type(full ^ second))
            start = int(lines[column])
            masks[start : start + len(possible), position] &= possible
    return masks


def _test(bitsets: np.ndarray, values: Sequence[int], count: int) -> np.ndarray:
    """Return the result of a node's test for each code below `count`: bool (count,). `values` is the struct Node."""
    column, low, span, _ = values
    codes = np.arange(count, dtype=np.uint32)
    if column & BITSET_FLAG:
        return np.asarray(bitsets[low + (codes >> 5)] >> (codes & 31) & 1, dtype=bool)
    return np.asarray(codes - np.uint32(low) <= np.uint32(span))


def _values(ensemble: TreeArrays, trees: Sequence[_Tree], bits: int) -> np.ndarray:
    """Return the leaf values: float64 (trees, bits, width)."""
    values = np.zeros((len(trees), bits, ensemble.values.shape[1]))
    for position, tree in enumerate(trees):
        values[position, : len(tree.leaves)] = ensemble.values[ensemble.nodes[tree.leaves, 1]]
    return values
