"""Forests, boosted trees and single trees as arrays for the kernel."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml_census.engine.runtime.encoders import Encoder
from ml_census.engine.runtime.kernel import ForestStruct, Kernel
from ml_census.engine.runtime.tree_checks import check_arrays, check_nodes
from ml_census.schema import Columns


@dataclass(frozen=True)
class TreeEnsemble:
    """The sum, or the mean, of the values of the leaves that a row reaches.

    Raises ValueError for arrays that would make the kernel read out of bounds or loop for ever.
    """

    encoders: Sequence[Encoder]
    """One for each column that the trees test."""
    nodes: np.ndarray
    """uint32 (nodes, 4): column, low, span and child, see kernel.c."""
    bitsets: np.ndarray
    """uint32 (words,): the bitsets one after the other, 32 codes a word."""
    roots: np.ndarray
    """uint32 (trees,): the position of each tree's root among the nodes."""
    outputs: np.ndarray
    """uint32 (trees,): the first score that each tree adds to."""
    values: np.ndarray
    """float64 (leaf values, width): a leaf adds `width` numbers to as many scores."""
    base: np.ndarray
    """float64 (scores,): the scores before any tree."""
    divisor: int = 1

    exact = True
    """Sums are made in scikit-learn's order of the same numbers, so they are equal to the last bit."""

    def __post_init__(self) -> None:
        """Raise ValueError for arrays that the kernel must not be given."""
        check_arrays(self)
        check_nodes(self)

    @property
    def score_count(self) -> int:
        """The number of scores a row."""
        return len(self.base)

    @property
    def inputs(self) -> list[tuple[int, str]]:
        """The columns that the trees test, by position in the schema, and the type that each must have."""
        return [(encoder.column, encoder.column_type) for encoder in self.encoders]

    def scores(self, columns: Columns) -> np.ndarray:
        """Return the scores of rows as float64 (rows, scores). Raises PredictionError."""
        rows = len(columns[0])
        codes = self._codes(columns, rows)
        sums = np.tile(self.base, (rows, 1)) if rows > 1 else self.base[np.newaxis].copy()
        kernel, forest = self._kernel
        kernel.sum_leaves(ctypes.addressof(forest), codes.ctypes.data, rows, sums.ctypes.data)
        return sums / self.divisor if self.divisor > 1 else sums

    def _codes(self, columns: Columns, rows: int) -> np.ndarray:
        if rows == 1:
            single = [encoder.encode_one(columns[encoder.column][0]) for encoder in self.encoders]
            return np.array(single, dtype=np.uint32)
        codes = np.empty((rows, len(self.encoders)), dtype=np.uint32)
        for index, encoder in enumerate(self.encoders):
            codes[:, index] = encoder.encode(columns[encoder.column])
        return codes

    @cached_property
    def _kernel(self) -> tuple[Kernel, ForestStruct]:
        arrays = (self.nodes, self.bitsets, self.roots, self.outputs, self.values)
        counts = (len(self.roots), self.values.shape[1], len(self.encoders), len(self.base))
        return Kernel(), ForestStruct(*(array.ctypes.data for array in arrays), *counts)
