"""CSV input: rows of a file, plain or gzip, with detected encoding, delimiter and header."""

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

GZIP = b"\x1f\x8b"
SAMPLE = 64 * 1024
"""Length of the sample from which the delimiter is detected (characters)."""


class ScoringError(Exception):
    """A file cannot be scored; the message is the reason in one line."""


class Row(NamedTuple):
    """One row of a file: the line where it begins (from 1), its cells, and why it cannot be sent."""

    line: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True)
class CsvInput:
    """CSV file, and the positions of the model's columns in it. Without a header, its columns are the model's."""

    source: Path
    name: str
    """Name of the file in errors."""
    encoding: str
    delimiter: str
    header: list[str] | None
    indexes: list[int | None]
    """Index of the cell for each column of the model; None if the file does not have the column."""

    @property
    def width(self) -> int:
        """Number of cells that each row must have."""
        return len(self.header or self.indexes)

    def rows(self) -> Iterator[Row]:
        """Yield the rows, without the header. Raises ScoringError.

        A blank line is an empty cell if there is one column (RFC 4180). Otherwise it is skipped.
        """
        records = _records(self.source, self.name, self.encoding, self.delimiter)
        if self.header is not None:
            next((record for record in records if record.cells), None)
        blank = [""] if self.width == 1 else []
        for line, cells in records:
            if len(cells or blank) == self.width:
                yield Row(line, cells or blank)
            elif cells:
                count = f"{len(cells)} value{'s' if len(cells) > 1 else ''}"
                yield Row(line, cells, f"expected {self.width} values, got {count}")

    def inputs(self, row: Row) -> list[str | None]:
        """Return the values of a row in the order of the model's columns. An empty cell is None."""
        return [None if index is None else row.cells[index] or None for index in self.indexes]


def open_input(
    source: Path, columns: list[str], required: list[str] | None = None, encoding: str = "", name: str = ""
) -> CsvInput:
    """Open a file for a model with these columns. Raises ScoringError.

    A header must name the required columns (default: all). Without `encoding`, text is UTF-16 if it has a byte order
    mark, UTF-8 if it is valid, and otherwise Windows-1252.
    """
    name = name or str(source)
    if not source.is_file():
        raise ScoringError(f"{name}: not a regular file; --input - reads a pipe")
    with _errors(name):
        encoding = encoding or _detect_encoding(source)
        with _text(source, encoding) as text:
            delimiter = csv_text.detect_delimiter(text.read(SAMPLE), columns)
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


def _records(source: Path, name: str, encoding: str, delimiter: str) -> Iterator[csv_text.Record]:
    with _errors(name), _text(source, encoding) as file:
        yield from csv_text.records(file, delimiter)


@contextmanager
def _errors(name: str) -> Iterator[None]:
    """Convert errors of a file to a ScoringError that names it."""
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
        is_packed = file.read(2) == GZIP
    return gzip.open(source) if is_packed else source.open("rb")  # type: ignore[return-value]


def _text(source: Path, encoding: str) -> IO[str]:
    errors = csv_text.C1 if encoding == csv_text.FALLBACK else "strict"
    return io.TextIOWrapper(_bytes(source), encoding=encoding, errors=errors, newline="")
