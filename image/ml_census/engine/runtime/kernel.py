"""Call the shared library libkernel.so with ctypes: scores of compiled trees, and exponentials.

image/build-kernel.sh compiles libkernel.so from the C files of this folder. The C code
includes no Python header, so libkernel.so works with every version of Python.
"""

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("libkernel.so")
BITSET_FLAG = 0x80000000
"""Bit in the field `column` of a node: set if the node tests whether a code belongs to
a bitset."""
LEAF_SPAN = 0xFFFFFFFF
"""Value of the field `span` of a leaf. The range of a leaf contains every code, so its
test is always true."""
KEEP_GIL_BELOW_ROWS = 64
"""Number of rows from which a call releases Python's global interpreter lock, the GIL (default 64).

A call for fewer rows is shorter than the time until the calling thread would get the
GIL back.
"""


class ForestStruct(ctypes.Structure):
    """ctypes declaration of the struct Forest in forest.h: addresses of arrays, then counts."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("nodes", "bitsets", "roots", "outputs", "values")),
        *((name, ctypes.c_uint32) for name in ("trees", "width", "columns", "scores", "single")),
    )


class Kernel:
    """One function of libkernel.so, with the arrays of one model."""

    def __init__(
        self, function: str, struct: type[ctypes.Structure], arrays: Sequence[np.ndarray], counts: Sequence[int]
    ) -> None:
        """Initialize with the name of the function and the values of its struct: arrays, then counts.

        Raises OSError if libkernel.so is missing or built for another machine.
        """
        self._arrays = arrays  # the struct has only their addresses
        self._struct = struct(*(array.ctypes.data for array in arrays), *counts)
        self._keeping_gil = getattr(ctypes.PyDLL(str(FILE)), function)
        self._releasing_gil = getattr(ctypes.CDLL(str(FILE)), function)
        for each in (self._keeping_gil, self._releasing_gil):
            each.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
            each.restype = None

    def sum_leaves(self, codes: np.ndarray, sums: np.ndarray) -> None:
        """Find the leaf that each row reaches in each tree. Add the values of this leaf to the row's `sums`.

        `codes` is uint32 (rows, columns). `sums` is float64 (rows, scores). Both must
        be C-contiguous.
        """
        rows = len(sums)
        function = self._keeping_gil if rows < KEEP_GIL_BELOW_ROWS else self._releasing_gil
        function(ctypes.addressof(self._struct), codes.ctypes.data, rows, sums.ctypes.data)


def exponentials(numbers: np.ndarray) -> np.ndarray:
    """Return libm's exponentials of a float64 or float32 array, in the same dtype and shape.

    LightGBM and XGBoost call libm. NumPy's function differed in the last bit for 1.6 %
    of float64 numbers. Raises OSError if libkernel.so cannot be loaded.
    """
    numbers = np.ascontiguousarray(numbers)
    results = np.empty_like(numbers)
    name = "single_exponentials" if numbers.dtype == np.float32 else "exponentials"
    _function(name)(numbers.ctypes.data, numbers.size, results.ctypes.data)
    return results


@cache
def _function(name: str) -> Any:
    function = getattr(ctypes.PyDLL(str(FILE)), name)
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
    function.restype = None
    return function
