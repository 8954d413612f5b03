"""Read the rows of a Parquet or CSV file in batches."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, NamedTuple, Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ml_census import storage
from ml_census.batch.errors import BatchError
from ml_census.batch.table_columns import find_columns
from ml_census.protocols import csv_text
from ml_census.schema import Schema
from ml_census.storage import StoredFile

BATCH_ROWS = 65_536
"""Maximum rows of a batch, to bound the memory."""
CSV_SUFFIXES = (".csv", ".csv.gz")
"""Ends of the names of CSV files. All other files must be Parquet."""


class Batch(NamedTuple):
    """Consecutive rows of a file. `row` is the position of the first in the file, from 0."""

    row: int
    rows: pa.RecordBatch


class Table(Protocol):
    """A table whose columns fit the model."""

    @property
    def groups(self) -> list[int] | None:
        """Number of rows of each row group; None for CSV."""

    def batches(self, first: int, stop: int) -> Iterator[Batch]:
        """Yield the rows of the row groups from `first` to before `stop`; of CSV, yield all rows.

        Without any row, yield one batch of no rows, which has the columns.
        """


@contextmanager
def open_table(file: StoredFile, schema: Schema, keep: Sequence[str] | None) -> Iterator[Table]:
    """Yield the table of a file. A batch has the columns of the model and those of `keep`, or all for None.

    Raises BatchError if the file is damaged, has changed, or lacks a column, or if a
    column has a type that the model does not take. Raises StorageError if the file
    cannot be read.
    """
    opener: type[_CsvTable] | type[_ParquetTable] = _CsvTable if _is_csv(file.uri) else _ParquetTable
    with _translate_errors(file.uri):
        with storage.open_version(file) as opened:
            yield opener(file, opened, schema, keep)
        storage.open_version(file).close()  # a local file may have changed meanwhile


def _is_csv(uri: str) -> bool:
    return uri.lower().endswith(CSV_SUFFIXES)


@contextmanager
def _translate_errors(uri: str) -> Iterator[None]:
    """Raise BatchError or StorageError, with the URI, in place of an exception of the storage or of pyarrow."""
    try:
        yield
    except storage.ObjectChangedError as error:
        raise BatchError(f"{uri}: has changed since the start of the run: run again with another output") from error
    except storage.ObjectNotFoundError as error:
        raise BatchError(f"{uri}: was removed since the start of the run") from error
    except storage.StorageError as error:
        raise type(error)(f"{uri}: {error}") from error
    except pa.ArrowMemoryError:
        raise
    except (pa.ArrowException, OSError, UnicodeError, csv_text.CsvError) as error:
        raise _read_error(uri, error) from error


def _read_error(uri: str, error: Exception) -> Exception:
    if isinstance(error, OSError) and error.errno is not None:  # of the disk; those of pyarrow have no number
        return storage.StorageError(f"{uri}: {error.strerror}")
    return BatchError(f"{uri}: cannot be read as {'CSV' if _is_csv(uri) else 'Parquet'}: {_reason(error)}")


def _reason(error: Exception) -> str:
    """Return the first line of the text of an exception. pyarrow's text about CSV ends with the cells of the row."""
    text = str(error).partition("\n")[0]
    head, got, cells = text.partition(", got ")
    return f"{head}{got}{cells.partition(':')[0]}" if text.startswith("CSV parse error") else text[:300]


class _ParquetTable:
    def __init__(self, file: StoredFile, opened: BinaryIO, schema: Schema, keep: Sequence[str] | None) -> None:
        footer = pa.parquet.ParquetFile(opened)
        self.groups = [footer.metadata.row_group(index).num_rows for index in range(footer.num_row_groups)]
        types = footer.schema_arrow
        self._names = find_columns(file.uri, types, schema, keep)
        texts = [name for name in schema.names if name in self._names and pa.types.is_string(types.field(name).type)]
        self._file = pa.parquet.ParquetFile(
            opened, metadata=footer.metadata, read_dictionary=texts, pre_buffer=not storage.is_local(file.uri)
        )

    def batches(self, first: int, stop: int) -> Iterator[Batch]:
        row = sum(self.groups[:first])
        if not sum(self.groups[first:stop]):
            fields = [self._file.schema_arrow.field(name) for name in self._names]
            yield Batch(row, pa.RecordBatch.from_pylist([], pa.schema(fields)))
        for rows in self._file.iter_batches(BATCH_ROWS, range(first, stop), columns=self._names, use_threads=False):
            yield Batch(row, rows)
            row += len(rows)


class _CsvTable:
    groups = None

    def __init__(self, file: StoredFile, opened: BinaryIO, schema: Schema, keep: Sequence[str] | None) -> None:
        source: Any = pa.PythonFile(opened, "r")
        if file.uri.lower().endswith(".gz"):
            source = pa.CompressedInputStream(source, "gzip")
        start = source.read(csv_text.SAMPLE)
        text = start.decode("utf-8-sig", "ignore")
        delimiter = csv_text.detect_delimiter(text, schema.names)
        _reject_blanks_before_quotes(text, delimiter)
        header = next(csv_text.records(io.StringIO(text, newline=""), delimiter), None)
        names = [cell.strip() for cell in header.cells] if header else []
        self._source, self._start, self._delimiter, self._header = source, start, delimiter, names
        types = pa.schema([(name, pa.string()) for name in names])
        self._names = find_columns(file.uri, types, schema, keep)

    def batches(self, first: int, stop: int) -> Iterator[Batch]:
        row, reader = 0, self._reader()
        for read in reader:
            for offset in range(0, len(read), BATCH_ROWS):
                rows = read.slice(offset, BATCH_ROWS)
                yield Batch(row, rows)
                row += len(rows)
        if not row:
            yield Batch(row, pa.RecordBatch.from_pylist([], reader.schema))

    def _reader(self) -> pa.csv.CSVStreamingReader:
        return pa.csv.open_csv(
            _Rejoined(self._start, self._source),
            pa.csv.ReadOptions(use_threads=False, column_names=self._header, skip_rows=1, block_size=8 * 1024**2),
            pa.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
            pa.csv.ConvertOptions(
                column_types={name: pa.string() for name in self._header},
                include_columns=self._names,
                strings_can_be_null=False,
            ),
        )


def _reject_blanks_before_quotes(sample: str, delimiter: str) -> None:
    """Raise CsvError if a cell has blanks before its quotes.

    A server removes these blanks and quotes. For pyarrow, both belong to the value, and
    a category with them is unknown.
    """
    with suppress(csv.Error):  # pyarrow reports the damage
        for number, cells in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 1):
            if any(cell.startswith(" ") and cell.lstrip(" ").startswith('"') for cell in cells):
                raise csv_text.CsvError(f"record {number}: a cell has blanks before its quotes: remove the blanks")


class _Rejoined(io.RawIOBase):
    """A stream of the bytes that were read to detect the delimiter, then of the rest."""

    def __init__(self, start: bytes, rest: Any) -> None:
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end: the blocks of a file are then the same each time."""
        data = bytearray(self._start[:size])
        self._start = self._start[size:]
        while len(data) < size and (more := self._rest.read(size - len(data))):
            data += more
        return bytes(data)
