"""The C kernel is loaded from its file."""

import ctypes
from pathlib import Path

import pytest

from ml_census.engine.runtime import kernel

SOURCE = Path(kernel.__file__).with_name("kernel.c").read_text()


def test_missing_kernel_is_an_os_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kernel, "FILE", tmp_path / "libkernel.so")

    with pytest.raises(OSError, match=r"libkernel\.so"):
        kernel.Kernel("sum_leaves", kernel.ForestStruct, (), ())


def test_struct_has_the_size_of_its_c_fields() -> None:
    assert ctypes.sizeof(kernel.ForestStruct) == 5 * ctypes.sizeof(ctypes.c_void_p) + 4 * 4


def test_constants_are_those_of_the_c_source() -> None:
    assert f"#define BITSET_FLAG 0x{kernel.BITSET_FLAG:X}u" in SOURCE
    for field in kernel.ForestStruct._fields_:
        assert field[0] in SOURCE
