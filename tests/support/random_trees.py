"""Random tree ensembles, and a plain Python version of the C kernels that sums their leaves."""

import numpy as np

from ml_census.engine.runtime.encoders import CategoryEncoder, ThresholdEncoder
from ml_census.engine.runtime.kernel import BITSET_FLAG, LEAF_SPAN
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble

VALUES = 50


def random_ensemble(
    seed: int, trees: int, leaves: int, columns: int = 3, width: int = 1, scores: int = 1, single: bool = False
) -> TreeEnsemble:
    """Return trees with `leaves` leaves each. Every second column is a category column, split by bitset."""
    random = np.random.default_rng(seed)
    encoders = [
        CategoryEncoder(column, [f"c{number}" for number in range(40)])
        if column % 2
        else ThresholdEncoder(column, np.arange(20.0), -np.inf, np.inf)
        for column in range(columns)
    ]
    nodes: list[list[int]] = []
    bitsets: list[int] = []
    roots = []
    for _ in range(trees):
        roots.append(len(nodes))
        nodes.append([])
        open_nodes = [roots[-1]]
        while len(open_nodes) < leaves:
            node = open_nodes.pop(int(random.integers(len(open_nodes))))
            nodes[node] = _split(random, columns, bitsets, child=len(nodes))
            open_nodes += (len(nodes), len(nodes) + 1)
            nodes += ([], [])
        for node in open_nodes:
            nodes[node] = [0, int(random.integers(VALUES)), LEAF_SPAN, (node - 1) % 2**32]
    return TreeEnsemble(
        encoders=encoders,
        nodes=np.array(nodes, dtype=np.uint32),
        bitsets=np.array(bitsets, dtype=np.uint32),
        roots=np.array(roots, dtype=np.uint32),
        outputs=random.integers(0, scores - width + 1, trees).astype(np.uint32),
        values=random.normal(size=(VALUES, width)),
        base=random.normal(size=scores),
        single=single,
    )


def _split(random: np.random.Generator, columns: int, bitsets: list[int], child: int) -> list[int]:
    column = int(random.integers(columns))
    if column % 2:
        bitsets += random.integers(0, 2**32, 2).tolist()  # 42 codes are two words
        return [column | BITSET_FLAG, len(bitsets) - 2, 0, child]
    return [column, int(random.integers(22)), int(random.integers(0, 22)), child]


def random_codes(ensemble: TreeEnsemble, rows: int) -> np.ndarray:
    """Return the codes of random rows: uint32 (rows, columns)."""
    random = np.random.default_rng(rows)
    columns = [random.integers(0, encoder.count, rows) for encoder in ensemble.encoders]
    return np.ascontiguousarray(np.column_stack(columns).astype(np.uint32))


def sum_leaves(ensemble: TreeEnsemble, codes: np.ndarray) -> np.ndarray:
    """Return the base scores plus the values of the reached leaves, tree by tree: float64 (rows, scores)."""
    sums = np.tile(ensemble.base, (len(codes), 1))
    for row, row_codes in enumerate(codes.tolist()):
        for root, output in zip(ensemble.roots.tolist(), ensemble.outputs.tolist(), strict=True):
            value = ensemble.values[_leaf_value(ensemble, root, row_codes)]
            added = sums[row, output : output + len(value)] + value
            sums[row, output : output + len(value)] = added.astype(np.float32) if ensemble.single else added
    return sums


def _leaf_value(ensemble: TreeEnsemble, node: int, codes: list[int]) -> int:
    while True:
        column, low, span, child = ensemble.nodes[node].tolist()
        if span == LEAF_SPAN:
            return int(low)
        code = codes[column & ~BITSET_FLAG]
        if column & BITSET_FLAG:
            second = int(ensemble.bitsets[low + code // 32]) >> code % 32 & 1
        else:
            second = (code - low) % 2**32 <= span
        node = child + second
