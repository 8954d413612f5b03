"""Forests, boosted trees and single decision trees: the scores of rows, computed by the C code of the kernels."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml_census.engine.runtime.kernel import Kernel
from ml_census.engine.runtime.trees import large_forest, leaf_masks
from ml_census.engine.runtime.trees.large_forest import LargeForestKernel
from ml_census.engine.runtime.trees.tree_arrays import TreeArrays
from ml_census.engine.runtime.trees.tree_checks import check_arrays, check_nodes
from ml_census.engine.runtime.trees.tree_effects import tree_effects
from ml_census.schema import Columns


@dataclass(frozen=True)
class TreeEnsemble(TreeArrays):
    """Decision trees of one model. The scores of a row are the sum or the mean of the leaf values that the row reaches.

    Raises ValueError for arrays with which the C code would read out of bounds or loop
    without end.
    """

    exact = True
    """Scores equal those of the model's library to the last bit: both add the same
    numbers in the same order."""

    def __post_init__(self) -> None:
        """Raise ValueError for arrays that the C code cannot read safely."""
        check_arrays(self)
        check_nodes(self)

    @property
    def score_count(self) -> int:
        """The number of scores of each row."""
        return len(self.base)

    @property
    def inputs(self) -> list[tuple[int, str]]:
        """Position in the schema and required type ("number" or "category") of each column that the trees test."""
        return [(encoder.column, encoder.column_type) for encoder in self.encoders]

    def scores(self, columns: Columns) -> np.ndarray:
        """Return the scores of rows: float64 (rows, scores).

        Raises PredictionError for a number that scikit-learn rejects: after scaling, it
        exceeds the range of float32. Raises OSError if libkernel.so cannot be loaded.
        """
        return self.scores_of_codes(self.codes(columns))

    def effects(self, columns: Columns, reference: Columns, scores: np.ndarray) -> np.ndarray:
        """Return the effects of the columns, as HasEffects in reasons.py. Raises OSError as scores() does."""
        effects = np.zeros((len(columns[0]), len(columns)))
        encoded = [encoder.column for encoder in self.encoders]
        effects[:, encoded] = tree_effects(self, self.codes(columns), self.codes(reference), scores)
        return effects

    def codes(self, columns: Columns) -> np.ndarray:
        """Return the codes of rows: uint32 (rows, encoders). Raises PredictionError as scores() does."""
        rows = len(columns[0])
        if rows == 1:
            single = [encoder.encode_one(columns[encoder.column][0]) for encoder in self.encoders]
            return np.array([single], dtype=np.uint32)
        codes = np.empty((rows, len(self.encoders)), dtype=np.uint32)
        for index, encoder in enumerate(self.encoders):
            codes[:, index] = encoder.encode(columns[encoder.column])
        return codes

    def scores_of_codes(self, codes: np.ndarray) -> np.ndarray:
        """Return the scores of rows of codes: float64 (rows, scores). Raises OSError if libkernel.so cannot be loaded.

        `codes` is a C-contiguous array that codes() returned. The C code does not check
        other codes.
        """
        rows = len(codes)
        sums = np.tile(self.base, (rows, 1)) if rows > 1 else self.base[np.newaxis].copy()
        self._kernel.sum_leaves(codes, sums)
        return sums / self.divisor if self.divisor > 1 else sums

    @cached_property
    def _kernel(self) -> Kernel | LargeForestKernel:
        """Kernel of leaf_masks.c for small trees, otherwise of kernel.c and large_forest.c. All give the same bits."""
        return leaf_masks.create_kernel(self) or large_forest.create_kernel(self)
