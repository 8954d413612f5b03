"""Two plain Python versions of reasons.c: one walks the trees as the C code does, one scores all mixed rows."""

from itertools import combinations
from math import factorial

import numpy as np

from ml_census.engine.runtime.kernel import BITSET_FLAG, LEAF_SPAN
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from support.random_trees import sum_leaves


def weight(own: int, other: int) -> float:
    """Return (own - 1)! other! / (own + other)!."""
    return factorial(own - 1) * factorial(other) / factorial(own + other)


def effects_of_mixed_rows(ensemble: TreeEnsemble, row: np.ndarray, reference: np.ndarray, score: int) -> np.ndarray:
    """Return the Shapley values by their definition: float64 (columns,). All 2**columns mixed rows are scored."""
    columns = range(len(row))
    effects = np.zeros(len(row))
    for size in range(len(row)):
        for others in combinations(columns, size):
            for column in set(columns) - set(others):
                mixed = np.where(np.isin(columns, others), row, reference)
                joined = np.where(np.isin(columns, [*others, column]), row, reference)
                before, after = sum_leaves(ensemble, np.array([mixed, joined]))[:, score]
                effects[column] += (after - before) * weight(size + 1, len(row) - 1 - size)
    return effects


def effects_of_leaves(ensemble: TreeEnsemble, row: np.ndarray, reference: np.ndarray, score: int) -> np.ndarray:
    """Return the Shapley values by the formula of reasons.c for a leaf: float64 (columns,)."""
    effects = np.zeros(len(row))
    for root, output in zip(ensemble.roots.tolist(), ensemble.outputs.tolist(), strict=True):
        if not 0 <= score - output < ensemble.values.shape[1]:
            continue
        pending: list[tuple[int, dict[int, bool]]] = [(root, {})]
        while pending:
            node, of_row = pending.pop()
            column, low, span, child = ensemble.nodes[node].tolist()
            if span == LEAF_SPAN:
                _add_leaf(effects, of_row, float(ensemble.values[low, score - output]))
                continue
            column &= ~BITSET_FLAG
            own, other = (_goes_second(ensemble, node, int(codes[column])) for codes in (row, reference))
            for side in {of_row[column]} if column in of_row else {True, own == other}:
                decided = of_row if own == other else of_row | {column: side}
                pending.append((child + (own if side else other), decided))
    return effects / ensemble.divisor


def _add_leaf(effects: np.ndarray, of_row: dict[int, bool], value: float) -> None:
    own = sum(of_row.values())
    other = len(of_row) - own
    for column, side in of_row.items():
        effects[column] += value * weight(own, other) if side else -value * weight(other, own)


def _goes_second(ensemble: TreeEnsemble, node: int, code: int) -> bool:
    column, low, span, _ = ensemble.nodes[node].tolist()
    if column & BITSET_FLAG:
        return bool(int(ensemble.bitsets[low + code // 32]) >> code % 32 & 1)
    return (code - low) % 2**32 <= span
