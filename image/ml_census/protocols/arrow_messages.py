"""Find out whether the record batch in a message of an Arrow stream is compressed.

The metadata of a message is a Flatbuffers table, whose fields pyarrow does not show:
https://github.com/apache/arrow/blob/main/format/Message.fbs
pyarrow decompresses while it reads a batch, and allocates the size in the message.
"""

_HEADER_TYPE, _HEADER, _DATA, _COMPRESSION = 1, 2, 1, 3
"""Numbers of fields of the tables Message, DictionaryBatch and RecordBatch."""
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3


def is_compressed(metadata: bytes) -> bool:
    """Return whether a message has a compressed record batch. Raises ValueError if the metadata is damaged."""
    message = _follow(metadata, 0)
    kind_at = _field(metadata, message, _HEADER_TYPE)
    kind = metadata[kind_at] if kind_at else 0
    if kind not in (_DICTIONARY_BATCH, _RECORD_BATCH):
        return False
    batch = _table(metadata, message, _HEADER)
    if kind == _DICTIONARY_BATCH:
        batch = _table(metadata, batch, _DATA)
    return _field(metadata, batch, _COMPRESSION) > 0


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
