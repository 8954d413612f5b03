"""The C kernel, loaded through ctypes.

image/build-kernel.sh compiles kernel.c. It includes no header of Python, so one file works with every Python version.
"""

import ctypes
from pathlib import Path

FILE = Path(__file__).with_name("libkernel.so")
BITSET_FLAG = 0x80000000
"""The bit of a node's column that marks a test by bitset."""
LEAF_SPAN = 0xFFFFFFFF
"""The span of a leaf: every code is within it."""
KEEP_GIL_BELOW_ROWS = 64
"""Below this number of rows the kernel keeps the GIL: it ends before another thread would give the GIL back."""


class ForestStruct(ctypes.Structure):
    """The struct Forest of kernel.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("nodes", "bitsets", "roots", "outputs", "values")),
        *((name, ctypes.c_uint32) for name in ("trees", "width", "columns", "scores")),
    )


class Kernel:
    """The functions of libkernel.so. Raises OSError if the file is missing or built for another machine."""

    def __init__(self) -> None:
        arguments = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        self._keeping_gil = ctypes.PyDLL(str(FILE)).sum_leaves
        self._releasing_gil = ctypes.CDLL(str(FILE)).sum_leaves
        for function in (self._keeping_gil, self._releasing_gil):
            function.argtypes = arguments
            function.restype = None

    def sum_leaves(self, forest: int, codes: int, rows: int, out: int) -> None:
        """Add the values of the leaves that rows reach to `out`. All arguments but `rows` are addresses."""
        sum_leaves = self._keeping_gil if rows < KEEP_GIL_BELOW_ROWS else self._releasing_gil
        sum_leaves(forest, codes, rows, out)
