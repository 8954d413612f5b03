"""The kernel for a few rows of a large forest leads to the same sums as plain Python, to the last bit."""

import numpy as np
import pytest

from ml_census.engine.runtime.kernel import Kernel
from ml_census.engine.runtime.trees import large_forest
from ml_census.engine.runtime.trees.large_forest import LargeForestKernel
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from support.random_trees import random_codes, random_ensemble, sum_leaves


def sums(kernel: Kernel | LargeForestKernel, ensemble: TreeEnsemble, rows: int) -> bytes:
    result = np.tile(ensemble.base, (rows, 1))
    kernel.sum_leaves(random_codes(ensemble, rows), result)
    return result.tobytes()


def expected(ensemble: TreeEnsemble, rows: int) -> bytes:
    return sum_leaves(ensemble, random_codes(ensemble, rows)).tobytes()


@pytest.mark.parametrize("function", ["sum_leaves", "sum_leaves_interleaved"])
@pytest.mark.parametrize("trees", [1, 2, 3, 63, 64, 65, 200])
def test_sums_hold_for_any_number_of_trees_and_rows(function: str, trees: int) -> None:
    ensemble = random_ensemble(trees, trees=trees, leaves=90, columns=5, width=2, scores=3)
    kernel = large_forest.node_kernel(ensemble, function)

    for rows in (1, 2, 16, 17, 70):
        assert sums(kernel, ensemble, rows) == expected(ensemble, rows), rows


@pytest.mark.parametrize("rows", [0, 511, 512, 513, 1023, 1024, 1025, 2049])
def test_sums_hold_for_blocks_of_rows(rows: int) -> None:
    ensemble = random_ensemble(1, trees=3, leaves=20)
    kernel = large_forest.node_kernel(ensemble, "sum_leaves_interleaved")

    assert sums(kernel, ensemble, rows) == expected(ensemble, rows)


def test_trees_of_one_leaf_have_sums() -> None:
    ensemble = random_ensemble(1, trees=1025, leaves=1)

    assert sums(large_forest.node_kernel(ensemble, "sum_leaves_interleaved"), ensemble, 3) == expected(ensemble, 3)


@pytest.mark.parametrize("rows", [1, 3, 4, 50])
def test_large_forest_has_the_same_sums_for_few_and_many_rows(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    ensemble = random_ensemble(1, trees=4, leaves=64)  # 127 nodes a tree: maximum 3 rows are few
    monkeypatch.setattr(large_forest, "LARGE_BYTES", ensemble.nodes.nbytes)
    kernel = large_forest.create_kernel(ensemble)

    assert isinstance(kernel, LargeForestKernel)
    assert sums(kernel, ensemble, rows) == expected(ensemble, rows)


@pytest.mark.parametrize(("trees", "missing"), [(4, 1), (1, 0)])
def test_small_forest_and_single_tree_have_the_plain_kernel(
    monkeypatch: pytest.MonkeyPatch, trees: int, missing: int
) -> None:
    ensemble = random_ensemble(1, trees=trees, leaves=64)
    monkeypatch.setattr(large_forest, "LARGE_BYTES", ensemble.nodes.nbytes + missing)

    assert isinstance(large_forest.create_kernel(ensemble), Kernel)


@pytest.mark.parametrize(("rows", "called"), [(1, "few"), (3, "few"), (4, "many"), (1000, "many")])
def test_limit_is_the_last_number_of_few_rows(rows: int, called: str) -> None:
    ensemble = random_ensemble(1, trees=2, leaves=2)
    other = random_ensemble(2, trees=2, leaves=2)  # its sums tell which kernel has summed
    few, many = (large_forest.node_kernel(each, "sum_leaves") for each in (ensemble, other))
    chosen = {"few": few, "many": many}[called]

    assert sums(LargeForestKernel(few, many, 3), ensemble, rows) == sums(chosen, ensemble, rows)
