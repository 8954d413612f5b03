"""The effects of columns of trees are the Shapley values of a row against a reference row."""

from dataclasses import replace

import numpy as np
import pytest

from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.kernel import LEAF_SPAN
from ml_census.engine.runtime.trees.tree_effects import tree_effects
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from support.random_effects import effects_of_leaves, effects_of_mixed_rows
from support.random_trees import random_codes, random_ensemble, sum_leaves

CHAIN = 20_000
NEVER = 2**31


def effects_of(ensemble: TreeEnsemble, codes: np.ndarray, scores: list[int]) -> np.ndarray:
    """Return the effects of all rows but the last, against the last row."""
    return tree_effects(ensemble, codes[:-1], codes[-1:].copy(), np.array(scores, dtype=np.uint32))


def chain(columns: int) -> TreeEnsemble:
    """Return a tree of CHAIN inner nodes, each the second child of the node before. The tests go through all columns.

    A row of codes 1 goes to the last leaf. A code 0 leads to a leaf before.
    """
    inner = [[node % columns, 1, NEVER, 2 * node + 1] for node in range(CHAIN)]
    nodes = np.zeros((2 * CHAIN + 1, 4), dtype=np.uint32)
    nodes[:, 1:] = [[node, LEAF_SPAN, (node - 1) % 2**32] for node in range(2 * CHAIN + 1)]
    nodes[np.arange(CHAIN) * 2] = inner
    return TreeEnsemble(
        encoders=[ThresholdEncoder(column, np.zeros(1), -np.inf, np.inf) for column in range(columns)],
        nodes=nodes,
        bitsets=np.zeros(0, dtype=np.uint32),
        roots=np.zeros(1, dtype=np.uint32),
        outputs=np.zeros(1, dtype=np.uint32),
        values=np.random.default_rng(columns).normal(size=(2 * CHAIN + 1, 1)),
        base=np.zeros(1),
    )


@pytest.mark.parametrize(("width", "scores"), [(1, 1), (1, 3), (2, 3)])
def test_effects_are_the_shapley_values_of_the_columns(width: int, scores: int) -> None:
    ensemble = random_ensemble(3, trees=7, leaves=20, columns=5, width=width, scores=scores)
    codes = random_codes(ensemble, 4)
    explained = [0, scores - 1, scores // 2]

    effects = effects_of(ensemble, codes, explained)

    expected = [effects_of_mixed_rows(ensemble, codes[row], codes[-1], explained[row]) for row in range(3)]
    np.testing.assert_allclose(effects, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("leaves", [1, 2, 64, 300])
@pytest.mark.parametrize("columns", [1, 3, 20, 150])
def test_effects_equal_those_of_plain_python(leaves: int, columns: int) -> None:
    ensemble = replace(random_ensemble(leaves, trees=9, leaves=leaves, columns=columns), divisor=9)
    codes = random_codes(ensemble, 6)

    effects = effects_of(ensemble, codes, [0] * 5)

    expected = [effects_of_leaves(ensemble, row, codes[-1], 0) for row in codes[:-1]]
    np.testing.assert_allclose(effects, expected, rtol=0, atol=1e-12)


def test_effects_add_up_to_the_difference_of_the_scores() -> None:
    ensemble = random_ensemble(1, trees=100, leaves=60, columns=30, width=3, scores=3)
    codes = random_codes(ensemble, 50)
    explained = [row % 3 for row in range(49)]

    effects = effects_of(ensemble, codes, explained)

    sums = sum_leaves(ensemble, codes)
    expected = sums[np.arange(49), explained] - sums[-1, explained]
    np.testing.assert_allclose(effects.sum(axis=1), expected, rtol=0, atol=1e-9)


def test_effects_of_float32_sums_are_sums_in_float64() -> None:
    ensemble = random_ensemble(1, trees=100, leaves=60)
    codes = random_codes(ensemble, 3)

    effects = [effects_of(replace(ensemble, single=single), codes, [0, 0]).tobytes() for single in (False, True)]

    assert effects[0] == effects[1]


@pytest.mark.parametrize("columns", [1, 63, 64, 65, 200, CHAIN])
def test_effects_add_up_in_a_tree_of_any_depth(columns: int) -> None:
    ensemble = chain(columns)
    codes = np.array([[1] * columns, [0] * columns], dtype=np.uint32)

    effects = effects_of(ensemble, codes, [0])

    expected = ensemble.values[2 * CHAIN] - ensemble.values[1]
    assert np.isfinite(effects).all()
    assert effects.sum() == pytest.approx(expected[0], abs=1e-9)


def test_columns_with_equal_codes_have_no_effect() -> None:
    ensemble = random_ensemble(2, trees=20, leaves=30, columns=6)
    codes = random_codes(ensemble, 2)
    codes[0, [1, 4]] = codes[1, [1, 4]]

    (effects,) = effects_of(ensemble, codes, [0])

    assert np.flatnonzero(effects == 0).tolist() == [1, 4]
