"""The arrays of decision trees, as the C code of the kernels reads them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml_census.engine.runtime.encoders import Encoder


@dataclass(frozen=True)
class TreeArrays:
    """Decision trees of one model, in arrays. TreeEnsemble checks the arrays, and this class does not."""

    encoders: Sequence[Encoder]
    """One encoder for each column that the trees test."""
    nodes: np.ndarray
    """uint32 (nodes, 4): column (a position in `encoders`), low, span and child of each
    struct Node in forest.h."""
    bitsets: np.ndarray
    """uint32 (words,): the concatenated bitsets, with one bit for each code."""
    roots: np.ndarray
    """uint32 (trees,): the position of the root of each tree in `nodes`."""
    outputs: np.ndarray
    """uint32 (trees,): for each tree, the position of the first score to which the tree
    adds values."""
    values: np.ndarray
    """float64 (distinct leaf values, width): a leaf adds one row of `width` numbers to
    `width` adjacent scores."""
    base: np.ndarray
    """float64 (scores,): the scores before the first tree."""
    divisor: int = 1
    """The divisor of the sums: the number of trees if the scores are means, else 1."""
    single: bool = False
    """True if each sum is rounded to float32, as in XGBoost."""

    @property
    def forest_fields(self) -> tuple[tuple[np.ndarray, ...], tuple[int, ...]]:
        """The arrays and the counts of the struct Forest in forest.h. Its last field, `single`, is left out."""
        arrays = (self.nodes, self.bitsets, self.roots, self.outputs, self.values)
        return arrays, (len(self.roots), self.values.shape[1], len(self.encoders), len(self.base))
