"""The C kernel is loaded from its file."""

import ctypes
import math
from pathlib import Path

import numpy as np
import pytest

from ml_census.engine.runtime import kernel

SOURCE = Path(kernel.__file__).with_name("forest.h").read_text()


def test_missing_kernel_is_an_os_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kernel, "FILE", tmp_path / "libkernel.so")

    with pytest.raises(OSError, match=r"libkernel\.so"):
        kernel.Kernel("sum_leaves", kernel.ForestStruct, (), ())


def test_struct_has_the_size_of_its_c_fields() -> None:
    # five addresses and five counts; the size is a multiple of that of an address
    assert ctypes.sizeof(kernel.ForestStruct) == (5 + 3) * ctypes.sizeof(ctypes.c_void_p)


def test_constants_are_those_of_the_c_source() -> None:
    assert f"#define BITSET_FLAG 0x{kernel.BITSET_FLAG:X}u" in SOURCE
    assert f"#define LEAF_SPAN 0x{kernel.LEAF_SPAN:X}u" in SOURCE
    for field in kernel.ForestStruct._fields_:
        assert field[0] in SOURCE


def test_exponentials_are_those_of_libm() -> None:
    numbers = np.random.default_rng(0).normal(size=(100, 10)) * 20

    assert kernel.exponentials(numbers).tolist() == [[math.exp(number) for number in row] for row in numbers.tolist()]


def test_exponentials_of_float32_are_rounded_once() -> None:
    numbers = np.random.default_rng(0).normal(size=1000).astype(np.float32)

    results = kernel.exponentials(numbers[::2])

    assert results.dtype == np.float32
    np.testing.assert_array_max_ulp(results, np.exp(numbers[::2].astype(float)).astype(np.float32), maxulp=1)
