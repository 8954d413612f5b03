"""The masks of small trees lead to the same sums as the nodes, to the last bit."""

import ctypes
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml_census.engine.runtime.kernel import Kernel
from ml_census.engine.runtime.trees import large_forest, leaf_masks
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from support.random_trees import random_codes, random_ensemble, sum_leaves

SOURCE = Path(leaf_masks.__file__).parents[1].joinpath("leaf_masks.c").read_text()


def node_kernel(ensemble: TreeEnsemble) -> Kernel:
    return large_forest.node_kernel(ensemble, "sum_leaves")


def interleaved_kernel(ensemble: TreeEnsemble) -> Kernel:
    return large_forest.node_kernel(ensemble, "sum_leaves_interleaved")


def mask_kernel(ensemble: TreeEnsemble) -> Kernel:
    kernel = leaf_masks.create_kernel(ensemble)
    assert kernel
    return kernel


def sums(kernel: Kernel, ensemble: TreeEnsemble, codes: np.ndarray) -> bytes:
    result = np.tile(ensemble.base, (len(codes), 1))
    kernel.sum_leaves(codes, result)
    return result.tobytes()


@pytest.mark.parametrize("make", [node_kernel, interleaved_kernel, mask_kernel])
@pytest.mark.parametrize("leaves", [1, 2, 31, 32, 33, 64])
@pytest.mark.parametrize(
    ("width", "scores", "single"), [(1, 1, False), (1, 3, False), (3, 3, False), (1, 1, True), (1, 3, True)]
)
def test_sums_equal_those_of_plain_python(
    make: Callable[[TreeEnsemble], Kernel], leaves: int, width: int, scores: int, single: bool
) -> None:
    ensemble = random_ensemble(leaves, trees=11, leaves=leaves, columns=6, width=width, scores=scores, single=single)
    codes = random_codes(ensemble, 70)
    kernel, expected = make(ensemble), sum_leaves(ensemble, codes)

    for rows in (1, 2, 3, 4, 5, 8, 9, 70):
        assert sums(kernel, ensemble, codes[:rows]) == expected[:rows].tobytes(), rows


@pytest.mark.parametrize("columns", [1, 3, 4, 5, 8])
@pytest.mark.parametrize("trees", [1, 255, 256, 257])
def test_sums_hold_for_blocks_of_trees_and_of_columns(trees: int, columns: int) -> None:
    ensemble = random_ensemble(1, trees=trees, leaves=5, columns=columns)
    codes = random_codes(ensemble, 5)

    assert sums(mask_kernel(ensemble), ensemble, codes) == sum_leaves(ensemble, codes).tobytes()


@pytest.mark.parametrize(("leaves", "columns"), [(65, 3), (8, 65), (40, 33)])
def test_too_many_leaves_or_columns_leave_the_nodes(leaves: int, columns: int) -> None:
    assert leaf_masks.create_kernel(random_ensemble(1, trees=2, leaves=leaves, columns=columns)) is None


@pytest.mark.parametrize(("leaves", "columns"), [(64, 32), (32, 64)])
def test_as_many_columns_as_allowed_have_masks(leaves: int, columns: int) -> None:
    assert leaf_masks.create_kernel(random_ensemble(1, trees=2, leaves=leaves, columns=columns))


def test_too_large_masks_leave_the_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = random_ensemble(1, trees=2, leaves=8)  # 3 columns of 22, 42 and 22 codes, and 32 values for each tree
    monkeypatch.setattr(leaf_masks, "MAX_TABLE_BYTES", 2 * (86 * 4 + 32 * 8))
    assert leaf_masks.create_kernel(ensemble)
    monkeypatch.setattr(leaf_masks, "MAX_TABLE_BYTES", 2 * (86 * 4 + 32 * 8) - 1)
    assert leaf_masks.create_kernel(ensemble) is None


def test_struct_fields_and_limits_are_those_of_the_c_source() -> None:
    assert ctypes.sizeof(leaf_masks.LeafMasksStruct) == (4 + 3) * ctypes.sizeof(ctypes.c_void_p)  # five counts
    declared = re.sub(r"/\*.*?\*/", "", SOURCE[SOURCE.index("typedef struct {") : SOURCE.index("} LeafMasks;")])
    names = [field[0] for field in leaf_masks.LeafMasksStruct._fields_]
    assert re.findall(r"(\w+)[,;]", declared) == names
    assert f"#define LEAVES {leaf_masks.MAX_LEAVES}\n" in SOURCE
