"""Number of rows and decompressed size of a Parquet file, from its footer and the headers of its pages.

pyarrow believes the sizes in these headers, and allocates them: a file of 1 MB can
become gigabytes. The sizes in the footer may be wrong. pyarrow also ends the process
for some damaged footers, if a program asks for the metadata of a column chunk.
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ml_census.protocols.json_body import MalformedBodyError
from ml_census.protocols.tables.thrift_structs import StructReader

DAMAGED = "the body is not a Parquet file, or is damaged"
NESTED = "the Parquet file has a column of lists, objects or long binary values: leave the column out"
DELTA = "the Parquet file has text in a delta encoding: write it with plain or dictionary encoding"
MAX_FOOTER = 2**20
"""Maximum size of the footer (bytes). A footer of 1 MiB takes 0.5 s."""
MANY_PAGES = "the Parquet file has too many pages or too large a footer: write it with larger row groups"
MAX_PAGES = 10_000
"""Maximum number of pages. Their headers take 0.1 s."""
MAX_WIDTH = 32
"""Maximum bytes of a value of fixed length: a decimal of 76 digits has 32."""

_MAGIC = b"PAR1"
_SCHEMA, _ROWS, _GROUPS = 2, 3, 4  # fields of FileMetaData
_TYPE, _LENGTH, _REPETITION, _NAME, _CHILDREN = 1, 2, 3, 4, 5  # of SchemaElement
_COLUMNS, _GROUP_ROWS = 1, 3  # of RowGroup
_METADATA, _CHUNK_SIZE, _DATA_AT, _DICTIONARY_AT = 3, 7, 9, 11  # of ColumnChunk and ColumnMetaData
_SIZE, _COMPRESSED, _VALUES, _ENCODINGS = 2, 3, 1, ((5, 2), (7, 2), (8, 4))  # of PageHeader and its structs
_BYTE_ARRAY, _REPEATED, _DELTA_LENGTH_BYTE_ARRAY, _DELTA_BYTE_ARRAY = 6, 2, 6, 7
"""Numbers of a type, a repetition, and two encodings. In the last, each text may repeat
the text before it: 10,000 rows of 1 MB fit into 1 MB. pyarrow reads neither of them as
a dictionary."""
_DAMAGE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class ParquetSize(NamedTuple):
    """Facts of a Parquet file before it is read."""

    rows: int
    size: int
    """Size of all pages after decompression (bytes)."""
    texts: list[str]
    """Names of the columns of text or bytes."""


def measure(body: bytes) -> ParquetSize:
    """Return the number of rows and the decompressed size of a file.

    Raises MalformedBodyError if the file is damaged, has too many pages, or has a
    column or an encoding with which the rows may need more memory than this size.
    """
    try:
        footer = _footer(body)
        leaves, groups = footer[_SCHEMA][1:], footer[_GROUPS]
        _check_layout(leaves, groups, footer[_ROWS])
        pages = list(_pages(body, groups, footer[_ROWS]))
        texts = [leaf[_NAME].decode() for leaf in leaves if leaf[_TYPE] == _BYTE_ARRAY]
    except _DAMAGE as error:
        raise MalformedBodyError(DAMAGED) from error
    return ParquetSize(footer[_ROWS], sum(pages), texts)


def _footer(body: bytes) -> dict[int, Any]:
    size = int.from_bytes(body[-8:-4], "little")
    start = len(body) - 8 - size
    if body[-4:] != _MAGIC or start < len(_MAGIC):
        raise ValueError
    if size > MAX_FOOTER:
        raise MalformedBodyError(MANY_PAGES)
    return StructReader(body, start, len(body) - 8).read()


def _check_layout(leaves: list[dict[int, Any]], groups: list[dict[int, Any]], rows: int) -> None:
    """Raise an exception of _DAMAGE if the row groups lack columns or rows, and MalformedBodyError if one is nested."""
    if any(_is_nested(leaf) for leaf in leaves):
        raise MalformedBodyError(NESTED)
    if any(len(group[_COLUMNS]) != len(leaves) for group in groups):
        raise ValueError
    if sum(group[_GROUP_ROWS] for group in groups) != rows or rows < 0:
        raise ValueError


def _is_nested(leaf: dict[int, Any]) -> bool:
    return bool(leaf.get(_CHILDREN)) or leaf.get(_REPETITION) == _REPEATED or leaf.get(_LENGTH, 0) > MAX_WIDTH


def _pages(body: bytes, groups: list[dict[int, Any]], rows: int) -> Iterator[int]:
    """Yield the decompressed size of each page. Without rows, there are no pages to read."""
    count = 0
    for chunk in (chunk for group in groups for chunk in group[_COLUMNS] if rows):
        start, end = _span(chunk[_METADATA], len(body))
        reader = StructReader(body, start, end)
        while reader.position < end:
            yield _page(reader, rows)
            if (count := count + 1) > MAX_PAGES:
                raise MalformedBodyError(MANY_PAGES)
        if reader.position != end:
            raise ValueError


def _span(metadata: dict[int, Any], size: int) -> tuple[int, int]:
    """Return where the pages of a column chunk start and end in a body of `size` bytes."""
    start = min(metadata[_DATA_AT], metadata.get(_DICTIONARY_AT) or metadata[_DATA_AT])
    end = start + metadata[_CHUNK_SIZE]
    if not 0 < start < end <= size:
        raise ValueError
    return start, end


def _page(reader: StructReader, rows: int) -> int:
    """Return the decompressed size of the next page, and skip the page."""
    header = reader.read()
    inner, encoding = [(header[each], at) for each, at in _ENCODINGS if each in header][0]
    if inner[encoding] in (_DELTA_LENGTH_BYTE_ARRAY, _DELTA_BYTE_ARRAY):
        raise MalformedBodyError(DELTA)
    if min(header[_SIZE], header[_COMPRESSED], inner[_VALUES]) < 0 or inner[_VALUES] > rows:
        raise ValueError
    reader.position += header[_COMPRESSED]
    size: int = header[_SIZE]
    return size
