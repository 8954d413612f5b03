"""Structs of Thrift in the compact protocol."""

import pytest

from ml_census.protocols.tables.thrift_structs import StructReader


def read(data: bytes) -> dict[int, object]:
    return StructReader(data, 0, len(data)).read()


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (b"\x00", {}),
        (b"\x15\x02\x00", {1: 1}),
        (b"\x15\x01\x00", {1: -1}),
        (b"\x15\xac\x02\x15\x04\x00", {1: 150, 2: 2}),
        (b"\x05\x28\x02\x00", {20: 1}),
        (b"\x11\x12\x00", {1: True, 2: False}),
        (b"\x18\x03abc\x00", {1: b"abc"}),
        (b"\x19\x25\x02\x04\x00", {1: [1, 2]}),
        (b"\x19\xf3\x02\x07\x09\x00", {1: [7, 9]}),
        (b"\x1c\x15\x02\x00\x15\x04\x00", {1: {1: 1}, 2: 2}),
        (b"\x17\x00\x00\x00\x00\x00\x00\xf0\x3f\x00", {1: b"\x00\x00\x00\x00\x00\x00\xf0\x3f"}),
    ],
)
def test_struct_is_read_by_field_number(data: bytes, fields: dict[int, object]) -> None:
    assert read(data) == fields


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x15",
        b"\x15\x80",
        b"\x15" + 11 * b"\xff",
        b"\x18\x05abc",
        b"\x1b\x00\x00",
        b"\x19\xf5\xff\xff\xff\x7f\x00",
        1000 * b"\x1c",
        1000 * b"\x19\x19",
    ],
)
def test_damaged_struct_is_an_error(data: bytes) -> None:
    with pytest.raises((IndexError, ValueError)):
        read(data)


def test_next_struct_begins_after_the_first() -> None:
    reader = StructReader(b"\x15\x02\x00\x15\x04\x00", 0, 6)

    assert [reader.read(), reader.read()] == [{1: 1}, {1: 2}]
    assert reader.position == 6
