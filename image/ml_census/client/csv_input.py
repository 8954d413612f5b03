"""CSV input: the rows of a plain or gzip file. Encoding, delimiter and header are detected."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from ml_census.protocols import csv_text


class ScoringError(Exception):
    """Report a CSV file that cannot be read, predicted or written. The message is the reason in one line."""


class Row(NamedTuple):
    """Row of a CSV file: the number of its first line (from 1), its cells, and the reason if the row is invalid."""

    line: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True)
class CsvInput:
    """CSV file, and the position of each model column. A file without a header has the columns in the model's order."""

    source: Path
    name: str
    """Name of the file in error messages."""
    encoding: str
    delimiter: str
    header: list[str] | None
    """Column names of the file; None if the file has no header."""
    indexes: list[int | None]
    """Index of the cell for each column of the model; None if the file does not have
    the column."""

    @property
    def width(self) -> int:
        """Number of cells that each row must have."""
        return len(self.header or self.indexes)

    def rows(self) -> Iterator[Row]:
        """Yield the rows after the header. A row with the wrong number of cells has a `problem`.

        In a file with one column, a blank line is a row with an empty cell (RFC 4180).
        In other files, blank lines are skipped. Raises ScoringError if the file cannot
        be read or is not CSV.
        """
        blank = [""] if self.width == 1 else []
        for line, cells in self._records_of_rows():
            if len(cells or blank) == self.width:
                yield Row(line, cells or blank)
            elif cells:
                count = f"{len(cells)} value{'s' if len(cells) > 1 else ''}"
                yield Row(line, cells, f"expected {self.width} values, got {count}")

    def _records_of_rows(self) -> Iterator[csv_text.Record]:
        """Yield the records after the header."""
        records = _records(self.source, self.name, self.encoding, self.delimiter)
        if self.header is not None:
            next((record for record in records if record.cells), None)
        yield from records

    def inputs(self, row: Row) -> list[str | None]:
        """Return the cells of a row in the order of the model's columns; None for an empty or missing cell."""
        return [None if index is None else row.cells[index] or None for index in self.indexes]


def open_input(
    source: Path, columns: list[str], required: list[str] | None = None, encoding: str = "", name: str = ""
) -> CsvInput:
    """Detect the format of a CSV file for a model with these columns.

    A header must name the `required` columns (default: all). The default of `encoding`
    is UTF-16 for a file with its byte order mark, UTF-8 for valid UTF-8, and otherwise
    Windows-1252. `name` is the name in error messages. Raises ScoringError if the file
    cannot be read, or if its first line does not match the columns.
    """
    name = name or str(source)
    if not source.is_file():
        raise ScoringError(f"{name}: not a regular file; --input - reads a pipe")
    with _errors(name):
        encoding = encoding or _detect_encoding(source)
        delimiter = _detect_delimiter(source, encoding, columns)
        records = _records(source, name, encoding, delimiter)
        first = next((record.cells for record in records if record.cells), [])
        indexes = csv_text.column_indexes(first, columns, columns if required is None else required)
    header = None if indexes is None else [cell.strip() for cell in first]
    return CsvInput(
        source, name, encoding, delimiter, header, list(range(len(columns))) if indexes is None else indexes
    )


def _detect_encoding(source: Path) -> str:
    with _bytes(source) as file:
        return csv_text.detect_encoding(iter(partial(file.read, 1 << 20), b""))


def _detect_delimiter(source: Path, encoding: str, columns: list[str]) -> str:
    with _text(source, encoding) as text:
        return csv_text.detect_delimiter(text.read(csv_text.SAMPLE), columns)


def _records(source: Path, name: str, encoding: str, delimiter: str) -> Iterator[csv_text.Record]:
    with _errors(name), _text(source, encoding) as file:
        yield from csv_text.records(file, delimiter)


@contextmanager
def _errors(name: str) -> Iterator[None]:
    """Convert exceptions of reading a file to a ScoringError with the name of the file."""
    try:
        yield
    except csv_text.CsvError as error:
        raise ScoringError(f"{name}: {error}") from error
    except UnicodeError as error:
        encoding = getattr(error, "encoding", "UTF-16")
        raise ScoringError(f"{name}: not {encoding} text; --encoding names another encoding") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ScoringError(f"{name}: the gzip data is damaged or not whole") from error
    except OSError as error:
        raise ScoringError(f"{name}: {error.strerror or error}") from error


def _bytes(source: Path) -> IO[bytes]:
    """Return a binary stream of the file, decompressed."""
    with source.open("rb") as file:
        is_packed = file.read(2) == csv_text.GZIP
    return gzip.open(source) if is_packed else source.open("rb")  # type: ignore[return-value]


def _text(source: Path, encoding: str) -> IO[str]:
    errors = csv_text.C1 if encoding == csv_text.FALLBACK else "strict"
    return io.TextIOWrapper(_bytes(source), encoding=encoding, errors=errors, newline="")
