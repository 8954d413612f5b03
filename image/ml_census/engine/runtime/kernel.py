"""Binding of kernel.c by ctypes, which needs no Python headers and works with every Python version."""

import ctypes
from pathlib import Path

FILE = Path(__file__).with_name("libkernel.so")
SET = 0x80000000
ALWAYS = 0xFFFFFFFF
"""The span of a leaf: whatever the code is, it lies within."""
FEW = 64
"""So many rows are over in less time than another thread may keep the interpreter's lock."""


class Forest(ctypes.Structure):
    """See kernel.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("nodes", "sets", "roots", "outputs", "values")),
        *((name, ctypes.c_uint32) for name in ("trees", "width", "columns", "sums")),
    )


class Kernel:
    """The compiled file. Raises OSError if it is not there or made for another machine."""

    def __init__(self) -> None:
        arguments = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        self._few = ctypes.PyDLL(str(FILE)).sum_leaves
        self._many = ctypes.CDLL(str(FILE)).sum_leaves
        for function in (self._few, self._many):
            function.argtypes = arguments
            function.restype = None

    def sum_leaves(self, forest: int, codes: int, rows: int, out: int) -> None:
        """All are addresses but `rows`."""
        # Only CDLL gives the interpreter's lock away: it is not worth it, and not had back soon, for a few rows.
        (self._few if rows < FEW else self._many)(forest, codes, rows, out)
