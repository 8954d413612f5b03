"""Choose the C code of a forest: large_forest.c for a few rows of a large forest, otherwise kernel.c.

Both give the same bits.
"""

import numpy as np

from ml_census.engine.runtime.kernel import ForestStruct, Kernel
from ml_census.engine.runtime.trees.tree_arrays import TreeArrays

LARGE_BYTES = 3 * 1024**2
"""Bytes of nodes from which a forest counts as large (3 MiB).

For one row, large_forest.c took 0.6 to 0.9 of the time of kernel.c with 3.3 MB of
nodes, and 0.6 with 18 MB. With 0.8 MB, which the CPU cache holds, large_forest.c took
1.3 times the time.
"""
NODES_PER_ROW = 32
"""A batch has few rows if each tree has more than this number of nodes for each row.

More rows load a tree into the CPU cache, and kernel.c is faster. For trees of 11,000,
2,500 and 1,000 nodes, both took the same time with about 512, 90 and 40 rows.
"""


class LargeForestKernel:
    """The two kernels of a large forest: one for batches of few rows, and one for batches of many rows."""

    def __init__(self, few: Kernel, many: Kernel, limit: int) -> None:
        """Initialize with the kernel for maximum `limit` rows, and the kernel for more rows."""
        self._few = few
        self._many = many
        self._limit = limit

    def sum_leaves(self, codes: np.ndarray, sums: np.ndarray) -> None:
        """Add leaf values to `sums`, as Kernel.sum_leaves() does."""
        kernel = self._few if len(sums) <= self._limit else self._many
        kernel.sum_leaves(codes, sums)


def create_kernel(ensemble: TreeArrays) -> Kernel | LargeForestKernel:
    """Return the kernel of an ensemble. Raises OSError if libkernel.so cannot be loaded."""
    plain = node_kernel(ensemble, "sum_leaves")
    limit = len(ensemble.nodes) // len(ensemble.roots) // NODES_PER_ROW
    if ensemble.nodes.nbytes < LARGE_BYTES or len(ensemble.roots) == 1:
        return plain
    return LargeForestKernel(node_kernel(ensemble, "sum_leaves_interleaved"), plain, limit)


def node_kernel(ensemble: TreeArrays, function: str) -> Kernel:
    """Return a kernel that reads the nodes: the function "sum_leaves" or "sum_leaves_interleaved" of libkernel.so."""
    arrays, counts = ensemble.forest_fields
    return Kernel(function, ForestStruct, arrays, (*counts, ensemble.single))
