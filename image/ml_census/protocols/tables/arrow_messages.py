"""Find out whether a message of an Arrow stream is compressed, or extends a dictionary.

The metadata of a message is a Flatbuffers table, whose fields pyarrow does not show:
https://github.com/apache/arrow/blob/main/format/Message.fbs
pyarrow decompresses while it reads a batch, and allocates the size in the message.
pyarrow copies a dictionary to extend it, and each batch keeps its own copy.
"""

_HEADER_TYPE, _HEADER, _DATA, _IS_DELTA, _COMPRESSION = 1, 2, 1, 2, 3
"""Numbers of fields of the tables Message, DictionaryBatch and RecordBatch."""
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3


def is_compressed(metadata: bytes) -> bool:
    """Return whether a message has a compressed record batch. Raises ValueError if the metadata is damaged."""
    kind, batch = _header(metadata)
    if kind == _DICTIONARY_BATCH:
        batch = _table(metadata, batch, _DATA)
    return batch > 0 and _field(metadata, batch, _COMPRESSION) > 0


def is_delta(metadata: bytes) -> bool:
    """Return whether a message extends a dictionary. Raises ValueError if the metadata is damaged."""
    kind, batch = _header(metadata)
    at = _field(metadata, batch, _IS_DELTA) if kind == _DICTIONARY_BATCH else 0
    return at > 0 and _integer(metadata, at, 1) > 0


def _header(metadata: bytes) -> tuple[int, int]:
    """Return the type of a message, and the position of its batch, or 0 if the message has no batch."""
    message = _follow(metadata, 0)
    kind_at = _field(metadata, message, _HEADER_TYPE)
    kind = _integer(metadata, kind_at, 1) if kind_at else 0
    return kind, _table(metadata, message, _HEADER) if kind in (_DICTIONARY_BATCH, _RECORD_BATCH) else 0


def _table(data: bytes, table: int, number: int) -> int:
    """Return the position of the table in a field of a table."""
    if not (at := _field(data, table, number)):
        raise ValueError
    return _follow(data, at)


def _field(data: bytes, table: int, number: int) -> int:
    """Return the position of a field of a table, or 0 if the table has no such field."""
    fields = table - _integer(data, table, 4, signed=True)
    offset = 4 + 2 * number
    distance = _integer(data, fields + offset, 2) if offset < _integer(data, fields, 2) else 0
    return table + distance if distance else 0


def _follow(data: bytes, at: int) -> int:
    return at + _integer(data, at, 4)


def _integer(data: bytes, at: int, size: int, signed: bool = False) -> int:
    if not 0 <= at <= len(data) - size:
        raise ValueError
    return int.from_bytes(data[at : at + size], "little", signed=signed)
