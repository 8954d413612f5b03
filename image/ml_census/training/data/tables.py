"""Read a table of training data or test data from a CSV or Parquet file."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from ml_census import storage
from ml_census.errors import ArtifactError
from ml_census.protocols import csv_text
from ml_census.schema import Schema
from ml_census.schema.values import MISSING_WORDS
from ml_census.training.data.model_columns import model_columns

SAMPLE = 65_536
"""Number of bytes in which the delimiter of CSV is detected."""
GZIP, PARQUET = b"\x1f\x8b", b"PAR1"
SPELLINGS: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.capitalize)
MISSING_NUMBERS = [*sorted({spell(word) for word in MISSING_WORDS for spell in SPELLINGS}), "NaN", "NaT", "#N/A"]
"""Texts of CSV that are missing values in a column of numbers. Other spellings are found by the schema."""


@dataclass(frozen=True)
class Table:
    """A table of training data or test data, with the facts that errors and manifest.json name.

    `key` is the option or argument that names the table, and `source` the name of the file. `sha256` is the SHA-256 of
    the file or of the rows. `line` returns the line of a row in a CSV file, where both begin with line 1 and row 0.
    """

    frame: pd.DataFrame
    key: str
    source: str
    sha256: str
    line: Callable[[int], int] | None = None

    def error(self, reason: str, row: int | None = None) -> ArtifactError:
        """Return the error for the whole table, or for a row, counted from 0."""
        if row is None:
            return ArtifactError(self.key, self.source, reason)
        where = f"row {row + 1}" if self.line is None else f"line {self.line(row)}"
        return ArtifactError(self.key, self.source, f"{where}: {reason}")


def read_table(key: str, uri: str, schema: Schema, target: str, groups: Sequence[str] = ()) -> Table:
    """Return the table of a CSV or Parquet file for a model with these columns.

    CSV can be compressed with gzip. The encoding and the delimiter are detected, as in `ml-census predict`. `key` is
    the option that names the file. Raises ArtifactError if the file cannot be read, or lacks a column.
    """
    try:
        data = storage.read(uri)
    except storage.StorageError as error:
        raise ArtifactError(key, uri, str(error)) from error
    sha256 = hashlib.sha256(data).hexdigest()
    if data.startswith(PARQUET):
        return Table(_parquet(key, uri, data), key, uri, sha256)
    try:
        data = gzip.decompress(data) if data.startswith(GZIP) else data
        frame, delimiter, encoding = _csv(data, schema, target, groups)
    except (csv_text.CsvError, UnicodeError, EOFError, zlib.error, gzip.BadGzipFile, pd.errors.ParserError) as error:
        raise ArtifactError(key, uri, f"not CSV and not Parquet: {error}") from error
    except KeyError as error:
        raise ArtifactError(key, uri, str(error.args[0])) from error
    return Table(frame, key, uri, sha256, lambda row: _line(data, delimiter, encoding, row))


def _parquet(key: str, uri: str, data: bytes) -> pd.DataFrame:
    try:
        return pd.read_parquet(io.BytesIO(data), engine="pyarrow")
    except ImportError as error:
        raise ArtifactError(key, uri, "Parquet needs pyarrow: pip install 'ml-census[batch]'") from error
    except (ValueError, OSError) as error:  # pyarrow's errors are subclasses
        raise ArtifactError(key, uri, f"not a Parquet file: {error}") from error


def _csv(data: bytes, schema: Schema, target: str, groups: Sequence[str]) -> tuple[pd.DataFrame, str, str]:
    """Return the table, the delimiter and the encoding. Raises KeyError with a message if a column is missing."""
    encoding = csv_text.detect_encoding([data])
    sample = data[:SAMPLE].decode(encoding, "replace")
    names = [target] if any(isinstance(column.name, int) for column in schema.columns) else [*schema.names, target]
    delimiter = csv_text.detect_delimiter(sample, names)
    header = _header(sample, delimiter)
    types = {
        name: column.type
        for name, column in zip(model_columns(schema, header, target, groups), schema.columns, strict=True)
        if name is not None
    }
    frame = pd.read_csv(
        io.BytesIO(data),
        sep=delimiter,
        encoding=encoding,
        encoding_errors=csv_text.C1 if encoding == csv_text.FALLBACK else "strict",
        header=0,
        names=header,
        skipinitialspace=delimiter != "\t",
        keep_default_na=False,
        na_values={name: MISSING_NUMBERS if types.get(name) == "number" else [""] for name in header},
        dtype={name: "str" for name, kind in types.items() if kind not in ("number", "any")},
        low_memory=False,
    )
    if not isinstance(frame.index, pd.RangeIndex):
        raise csv_text.CsvError(f"the rows have more values than the {len(header)} names in the first line")
    return frame, delimiter, encoding


def _header(sample: str, delimiter: str) -> list[str]:
    first: list[str] = next((record.cells for record in _records(sample, delimiter) if record.cells), [])
    header = [cell.strip() for cell in first]
    if duplicates := [name for name in header if header.count(name) > 1]:
        raise csv_text.CsvError(f"the first line has the column {duplicates[0]} twice")
    return header


def _line(data: bytes, delimiter: str, encoding: str, row: int) -> int:
    """Return the line of a row: the rows before it can have values with line breaks."""
    lines = [record.line for record in _records(data.decode(encoding, "replace"), delimiter) if record.cells]
    return lines[row + 1] if row + 1 < len(lines) else row + 2


def _records(text: str, delimiter: str) -> Iterator[csv_text.Record]:
    return csv_text.records(io.StringIO(text, newline=""), delimiter)
