"""Reader of Thrift structs in the compact protocol, as Parquet files have them.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from typing import Any

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _STRUCT = 1, 2, 3, 7, 8, 9, 12
_INTEGERS = (4, 5, 6)
_MAX_DEPTH = 16


class StructReader:
    """Reader of the structs in data[position:end]. Its methods raise IndexError or ValueError for damaged data."""

    def __init__(self, data: bytes, position: int, end: int) -> None:
        self.position = position
        """Position of the next byte in the data."""
        self._data, self._end = data, end

    def read(self, depth: int = 0) -> dict[int, Any]:
        """Return the fields of the next struct, by number: integers, booleans, bytes, lists and dicts."""
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _MAX_DEPTH:  # lists can contain lists
            raise ValueError
        if kind in _INTEGERS:
            return self._integer()
        if kind == _BINARY:
            return self._bytes(self._unsigned())
        if kind == _STRUCT:
            return self.read(depth + 1)
        if kind == _LIST:
            head = self._byte()
            size = head >> 4 if head >> 4 < 15 else self._unsigned()
            return [self._value(head & 15, depth + 1) for _ in range(size)]
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            return self._bytes(8)
        raise ValueError

    def _bytes(self, size: int) -> bytes:
        start = self.position
        self.position += size
        if self.position > self._end:
            raise IndexError
        return self._data[start : self.position]

    def _byte(self) -> int:
        if self.position >= self._end:
            raise IndexError
        self.position += 1
        return self._data[self.position - 1]

    def _unsigned(self) -> int:
        number = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
        raise ValueError

    def _integer(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)
