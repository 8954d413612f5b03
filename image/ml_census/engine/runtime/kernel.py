"""Load the shared library libkernel.so with ctypes. The library computes the scores of compiled trees.

image/build-kernel.sh compiles libkernel.so from kernel.c. The C code includes no Python header, so libkernel.so works
with every version of Python.
"""

import ctypes
from pathlib import Path

FILE = Path(__file__).with_name("libkernel.so")
BITSET_FLAG = 0x80000000
"""Bit in the field `column` of a node: set if the node tests whether a code belongs to a bitset."""
LEAF_SPAN = 0xFFFFFFFF
"""Value of the field `span` of a leaf. The range of a leaf contains every code, so its test is always true."""
KEEP_GIL_BELOW_ROWS = 64
"""Number of rows from which a call releases Python's global interpreter lock, the GIL (default 64).

A call for fewer rows is shorter than the time until the calling thread would get the GIL back.
"""


class ForestStruct(ctypes.Structure):
    """ctypes declaration of the struct Forest in kernel.c: addresses of arrays, then counts."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("nodes", "bitsets", "roots", "outputs", "values")),
        *((name, ctypes.c_uint32) for name in ("trees", "width", "columns", "scores")),
    )


class Kernel:
    """The function sum_leaves of libkernel.so. Raises OSError if the file is missing or built for another machine."""

    def __init__(self) -> None:
        arguments = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        self._keeping_gil = ctypes.PyDLL(str(FILE)).sum_leaves
        self._releasing_gil = ctypes.CDLL(str(FILE)).sum_leaves
        for function in (self._keeping_gil, self._releasing_gil):
            function.argtypes = arguments
            function.restype = None

    def sum_leaves(self, forest: int, codes: int, rows: int, out: int) -> None:
        """Find the leaf that each row reaches in each tree. Add the values of this leaf to the row's scores in `out`.

        `forest` is the address of a ForestStruct. `codes` is the address of an array uint32 (rows, columns), and `out`
        is the address of an array float64 (rows, scores).
        """
        sum_leaves = self._keeping_gil if rows < KEEP_GIL_BELOW_ROWS else self._releasing_gil
        sum_leaves(forest, codes, rows, out)
