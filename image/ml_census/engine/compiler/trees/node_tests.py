"""Tests of tree nodes on codes, in the format that kernel.c reads.

A code is a small whole number that replaces a value of a column. A bitset is an array
with one bit for each code.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ml_census.engine.compiler.pipeline.features import Feature
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes
from ml_census.engine.runtime.encoders import Encoder
from ml_census.engine.runtime.kernel import BITSET_FLAG

UINT32_MAX = 2**32 - 1


class NodeTest(NamedTuple):
    """The test of a node: which codes go to the second (right) child.

    If `flag` is 0, the codes low ... low + span go to the second child, modulo 2**32.
    If `flag` is BITSET_FLAG, the codes whose bit is set in a bitset go to the second
    child. `low` is then the position of the bitset's first uint32.
    """

    flag: int
    low: int
    span: int


class ColumnSplits(NamedTuple):
    """The tree nodes that compare features of one column of the schema."""

    column: int
    """The position of the column in the schema."""
    features: Sequence[Feature]
    """The features of this column that the trees compare."""
    nodes: Sequence[np.ndarray]
    """For each feature, the positions of the nodes that compare the feature: int64
    (n,)."""
    trees: TreeNodes
    """The nodes of all trees."""
    dtype: type[np.floating[Any]]
    """The type to which the model rounds numbers before it compares them."""
    accepts_infinity: bool
    """True if the model accepts numbers that are infinite in `dtype`."""
    accepts_missing: bool = True
    """True if the model accepts NaN, for example the logarithm of a negative number."""


class ColumnTests(NamedTuple):
    """The encoder of one column, and a NodeTest for each node in the ColumnSplits of this column."""

    encoder: Encoder
    tests: np.ndarray
    """uint32 (nodes, 3): flag, low and span for each node, in the order of
    ColumnSplits.nodes."""


class BitsetPool:
    """Factory of the NodeTests of category columns, and storage for the bitsets of these NodeTests."""

    def __init__(self) -> None:
        self._bitsets: list[np.ndarray] = []
        self._length = 0

    def test_for(self, right: np.ndarray) -> NodeTest:
        """Return the test that sends code i to the second child if right[i] is true. `right` is bool (codes,)."""
        codes = np.flatnonzero(right)
        if len(codes) == 0:
            return NodeTest(0, len(right), 0)  # a range of one code that no value of the column has
        if codes[-1] - codes[0] + 1 == len(codes):
            return NodeTest(0, int(codes[0]), len(codes) - 1)
        others = np.flatnonzero(~right)
        if len(others) and others[-1] - others[0] + 1 == len(others):
            return self.test_for_exceptions(others, True, len(right))
        return self._add_bitset(right)

    def _add_bitset(self, right: np.ndarray) -> NodeTest:
        bits = np.zeros((len(right) + 31) // 32 * 32, dtype=np.uint8)
        bits[: len(right)] = right
        bitset = np.packbits(bits, bitorder="little").view("<u4").astype(np.uint32)
        self._bitsets.append(bitset)
        self._length += len(bitset)
        return NodeTest(BITSET_FLAG, self._length - len(bitset), 0)

    def test_for_exceptions(self, codes: np.ndarray, others_right: bool, count: int) -> NodeTest:
        """Return the test that sends `codes` to one child, and all other codes to the other child.

        The other codes go to the second child if `others_right`. `codes` are ascending,
        and `count` is the number of all codes. If `codes` are adjacent, the time does
        not depend on `count`.
        """
        if len(codes) and codes[-1] - codes[0] + 1 == len(codes):
            low, span = int(codes[0]), len(codes) - 1
            if others_right:  # from the code after `codes`, modulo 2**32, to the code before `codes`
                return NodeTest(0, low + span + 1, UINT32_MAX - span - 1)
            return NodeTest(0, low, span)
        right = np.full(count, others_right)
        right[codes] = not others_right
        return self.test_for(right)

    def words(self) -> np.ndarray:
        """Return the concatenated bitsets of all tests: uint32 (words,), empty if no test has a bitset."""
        return np.concatenate(self._bitsets) if self._bitsets else np.zeros(0, dtype=np.uint32)
