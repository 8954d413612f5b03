"""Forests, boosted trees and single trees as arrays for the kernel."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml_census.engine.runtime.encoders import CategoryEncoder, Encoder
from ml_census.engine.runtime.kernel import ALWAYS, SET, Forest, Kernel
from ml_census.schema.schema import Columns


@dataclass(frozen=True)
class TreeEnsemble:
    """The sum, or the mean, of the leaves that a row reaches.

    nodes: uint32 (nodes, 4), see kernel.c; sets: uint32, 32 codes an item; roots and outputs: uint32, one a tree;
    values: float64 (leaves, width); base: float64 (sums), where the sums start. Raises ValueError if the arrays would
    lead the kernel out of their bounds or around in circles.
    """

    encoders: Sequence[Encoder]
    nodes: np.ndarray
    sets: np.ndarray
    roots: np.ndarray
    outputs: np.ndarray
    values: np.ndarray
    base: np.ndarray
    divisor: int = 1

    exact = True
    """Sums are made in scikit-learn's order of the very same numbers."""

    def __post_init__(self) -> None:
        _check(self)

    @property
    def count(self) -> int:
        """How many scores a row has."""
        return len(self.base)

    def scores(self, columns: Columns) -> np.ndarray:
        """float64 (rows, sums)."""
        rows = len(columns[0])
        if rows == 1:
            codes = np.array([encoder.one(columns[encoder.column][0]) for encoder in self.encoders], dtype=np.uint32)
        else:
            codes = np.empty((rows, len(self.encoders)), dtype=np.uint32)
            for place, encoder in enumerate(self.encoders):
                codes[:, place] = encoder.many(columns[encoder.column])
        sums = np.tile(self.base, (rows, 1)) if rows > 1 else self.base[np.newaxis].copy()
        kernel, forest = self._kernel
        kernel.sum_leaves(ctypes.addressof(forest), codes.ctypes.data, rows, sums.ctypes.data)
        return sums / self.divisor if self.divisor > 1 else sums

    @cached_property
    def _kernel(self) -> tuple[Kernel, Forest]:
        arrays = (self.nodes, self.sets, self.roots, self.outputs, self.values)
        counts = (len(self.roots), self.values.shape[1], len(self.encoders), len(self.base))
        return Kernel(), Forest(*(array.ctypes.data for array in arrays), *counts)


def _check(trees: TreeEnsemble) -> None:
    for name, kind, axes in (
        ("nodes", np.uint32, 2), ("sets", np.uint32, 1), ("roots", np.uint32, 1),
        ("outputs", np.uint32, 1), ("values", np.float64, 2), ("base", np.float64, 1),
    ):  # fmt: skip
        array = getattr(trees, name)
        if array.dtype != kind or array.ndim != axes or not array.flags.c_contiguous:
            raise ValueError(f"{name} must be a C-contiguous array of {kind.__name__} with {axes} axes")
    if type(trees.divisor) is not int or trees.divisor < 1:
        raise ValueError("divisor must be a whole number above 0")
    if trees.nodes.shape[1] != 4:
        raise ValueError("nodes must have four numbers")
    column, low, span, child = (trees.nodes[:, place].astype(np.int64) for place in range(4))
    places = np.arange(len(trees.nodes))
    leaf = span == ALWAYS
    inner = ~leaf
    is_set = inner & (column & SET > 0)
    counts = np.array([encoder.count for encoder in trees.encoders])
    column &= ~SET
    sound = (
        len(trees.outputs) == len(trees.roots) > 0
        and trees.values.shape[1] > 0
        and bool((trees.roots < len(places)).all())
        and bool((trees.outputs + np.int64(trees.values.shape[1]) <= len(trees.base)).all())
        and bool((column < len(counts)).all())
        # children come after their parent, so that every way ends
        and bool((child[inner] > places[inner]).all() and (child[inner] + 1 < len(places)).all())
        and bool((child[leaf] == (places[leaf] - 1) % 2**32).all() and (low[leaf] < len(trees.values)).all())
        and bool((trees.nodes[leaf, 0] < SET).all())
        and bool((low[is_set] + (counts[column[is_set]] + 31) // 32 <= len(trees.sets)).all())
        and all(isinstance(trees.encoders[place], CategoryEncoder) for place in np.unique(column[is_set]))
    )
    if not sound:
        raise ValueError("the trees' arrays do not fit together")
