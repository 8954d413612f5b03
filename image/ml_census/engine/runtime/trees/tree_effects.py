"""Effects of the columns of trees on a score, by the C code of reasons.c."""

import ctypes
from functools import cache
from typing import Any

import numpy as np

from ml_census.engine.runtime.kernel import FILE, ForestStruct
from ml_census.engine.runtime.trees.tree_arrays import TreeArrays

WORDS_PER_COLUMN = 4
"""Number of uint32 words of memory for each column that add_effects() of reasons.c needs."""


def tree_effects(trees: TreeArrays, codes: np.ndarray, reference: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the effects of the encoded columns of trees: float64 (rows, encoders).

    `codes` is uint32 (rows, encoders), and `reference` uint32 (1, encoders). `scores`
    is as for HasEffects. The effects are sums in float64, also for an ensemble that
    rounds its sums to float32. Raises OSError if libkernel.so cannot be loaded.
    """
    effects = np.zeros(codes.shape)
    arrays, counts = trees.forest_fields
    forest = ForestStruct(*(array.ctypes.data for array in arrays), *counts, False)
    space = np.zeros(WORDS_PER_COLUMN * len(trees.encoders), dtype=np.uint32)
    addresses = [array.ctypes.data for array in (codes, reference, scores)]
    _add_effects()(ctypes.addressof(forest), *addresses, len(codes), space.ctypes.data, effects.ctypes.data)
    return effects / trees.divisor if trees.divisor > 1 else effects


@cache
def _add_effects() -> Any:
    """Return the function of reasons.c. A call releases the GIL: one row takes up to milliseconds."""
    function = ctypes.CDLL(str(FILE)).add_effects
    address = ctypes.c_void_p
    function.argtypes = (address, address, address, address, ctypes.c_size_t, address, address)
    function.restype = None
    return function
