"""Tests that the nodes of a tree apply to the code of a value, in the form that kernel.c reads."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ml_census.engine.compiler.pipeline.features import Feature
from ml_census.engine.compiler.trees.tree_nodes import TreeNodes
from ml_census.engine.runtime.encoders import Encoder
from ml_census.engine.runtime.kernel import BITSET_FLAG

UINT32_MAX = 2**32 - 1


class NodeTest(NamedTuple):
    """The codes that go to a node's second child: low ... low + span, or the codes whose bit is set in a bitset.

    The range is modulo 2**32, so it may wrap around to code 0. With the flag BITSET_FLAG, `low` is the position of the
    bitset's first word.
    """

    flag: int
    low: int
    span: int


class ColumnSplits(NamedTuple):
    """The splits of trees by the features of one raw column."""

    column: int
    features: Sequence[Feature]
    nodes: Sequence[np.ndarray]
    """For each of the features, the positions of the nodes that split by it: int64 (n,)."""
    trees: TreeNodes
    dtype: type[np.floating[Any]]
    """The type to which the model rounds numbers before it compares them."""


class ColumnTests(NamedTuple):
    """The encoder of one column, and the tests that replace the splits of a ColumnSplits."""

    encoder: Encoder
    tests: np.ndarray
    """uint32 (n, 3): a NodeTest for each node, in the order of ColumnSplits.nodes."""


class BitsetPool:
    """Factory of the NodeTests of category columns. It keeps the bitsets to which these NodeTests refer."""

    def __init__(self) -> None:
        self._bitsets: list[np.ndarray] = []
        self._length = 0

    def test_for(self, right: np.ndarray) -> NodeTest:
        """Return the test that sends code i to the second child if right[i]; `right` is bool (codes,)."""
        codes = np.flatnonzero(right)
        if len(codes) == 0:
            return NodeTest(0, len(right), 0)  # the first code beyond the column's codes, which never occurs
        if codes[-1] - codes[0] + 1 == len(codes):
            return NodeTest(0, int(codes[0]), len(codes) - 1)
        bits = np.zeros((len(right) + 31) // 32 * 32, dtype=np.uint8)
        bits[codes] = 1
        bitset = np.packbits(bits, bitorder="little").view("<u4").astype(np.uint32)
        self._bitsets.append(bitset)
        self._length += len(bitset)
        return NodeTest(BITSET_FLAG, self._length - len(bitset), 0)

    def test_for_exceptions(self, codes: np.ndarray, others_right: bool, count: int) -> NodeTest:
        """Return the test that sends these codes, in ascending order, to one child and all others to the other.

        `count` is the number of all codes. If the exceptions are adjacent, the test costs no time for the others.
        """
        if len(codes) and codes[-1] - codes[0] + 1 == len(codes):
            low, span = int(codes[0]), len(codes) - 1
            if others_right:  # from the code after the exceptions around to the code before them
                return NodeTest(0, low + span + 1, UINT32_MAX - span - 1)
            return NodeTest(0, low, span)
        right = np.full(count, others_right)
        right[codes] = not others_right
        return self.test_for(right)

    def words(self) -> np.ndarray:
        """Return the concatenated bitsets: uint32 (words,); empty without bitsets."""
        return np.concatenate(self._bitsets) if self._bitsets else np.zeros(0, dtype=np.uint32)
