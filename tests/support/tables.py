"""Bodies of tables for /prediction: Parquet files and Arrow streams."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from ml_census.protocols.native import ARROW_STREAM, PARQUET

FORMATS = (PARQUET, ARROW_STREAM)


def body(content_type: str, columns: Mapping[str, Any] | pa.Table, **options: Any) -> bytes:
    """Return a table as a body. `options` are those of pyarrow's writer for the format."""
    table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
    buffer = io.BytesIO()
    if content_type == PARQUET:
        pa.parquet.write_table(table, buffer, **options)
    else:
        with pa.ipc.new_stream(buffer, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table)
    return buffer.getvalue()


def read(content_type: str, data: bytes) -> pa.Table:
    """Return the table of a response."""
    if content_type == PARQUET:
        return pa.parquet.read_table(io.BytesIO(data))
    return pa.ipc.open_stream(data).read_all()


def columns_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Return rows as columns."""
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
