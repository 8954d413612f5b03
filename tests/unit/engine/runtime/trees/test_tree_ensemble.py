"""The kernel sums the same leaves for one row, for a few and for many."""

import numpy as np
import pytest

from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.kernel import KEEP_GIL_BELOW_ROWS, LEAF_SPAN
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble


def stump(divisor: int = 1, trees: int = 1, single: bool = False, left: float = 1.0) -> TreeEnsemble:
    """Return trees that add 1, or `left`, for numbers up to 0, and 10 for larger or missing ones."""
    encoder = ThresholdEncoder(0, np.array([0.0]), -np.inf, np.inf)
    right = [0, 2, 2**32 - 2, 1]  # code 2 and above, and around to code 0, a missing value
    leaves = [[0, 0, LEAF_SPAN, 0], [0, 1, LEAF_SPAN, 1]]
    shifts = np.arange(0, 3 * trees, 3).repeat(3)
    nodes = np.tile(np.array([right, *leaves], dtype=np.uint32), (trees, 1))
    nodes[:, 3] += shifts.astype(np.uint32)
    return TreeEnsemble(
        encoders=[encoder],
        nodes=nodes,
        bitsets=np.zeros(0, dtype=np.uint32),
        roots=np.arange(0, 3 * trees, 3, dtype=np.uint32),
        outputs=np.zeros(trees, dtype=np.uint32),
        values=np.array([[left], [10.0]]),
        base=np.array([100.0]),
        divisor=divisor,
        single=single,
    )


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 9, KEEP_GIL_BELOW_ROWS - 1, KEEP_GIL_BELOW_ROWS, 1000])
def test_scores_are_the_same_for_any_number_of_rows(rows: int) -> None:
    numbers = [[-1.0, 0.0, 1.0, np.nan][row % 4] for row in range(rows)]

    scores = stump(trees=3).scores([numbers])

    assert scores[:, 0].tolist() == [[103.0, 103.0, 130.0, 130.0][row % 4] for row in range(rows)]


@pytest.mark.parametrize("rows", [1, 3])
def test_scores_are_divided_by_the_divisor(rows: int) -> None:
    assert stump(divisor=2).scores([[1.0] * rows]).tolist() == [[55.0]] * rows


def test_inputs_are_the_columns_and_kinds_of_the_encoders() -> None:
    assert stump().inputs == [(0, "number")]
    assert stump().score_count == 1


@pytest.mark.parametrize("rows", [1, 7, 8, 1000])
def test_sums_of_single_precision_are_rounded_after_each_tree(rows: int) -> None:
    tenth = float(np.float32(0.1))
    expected = np.float32(100)
    for _ in range(9):
        expected += np.float32(tenth)

    scores = stump(trees=9, single=True, left=tenth).scores([[0.0] * rows])

    assert scores.tolist() == [[float(expected)]] * rows
    assert float(expected) != 100 + 9 * tenth
