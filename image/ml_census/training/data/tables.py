"""Read a table of training data or test data from a CSV or Parquet file."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from ml_census import storage
from ml_census.errors import ArtifactError
from ml_census.protocols import csv_text
from ml_census.schema import Schema
from ml_census.schema.values import MISSING_WORDS
from ml_census.training.data.model_columns import model_columns

PARQUET = b"PAR1"
UTF_16 = "utf-16"
"""Encoding of text in which most characters have a byte 0."""
SPELLINGS: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.capitalize)
MISSING_NUMBERS = [*sorted({spell(word) for word in MISSING_WORDS for spell in SPELLINGS}), "NaN", "NaT", "#N/A"]
"""Texts of CSV that are missing values in a column of numbers. Other spellings are
found by the schema."""


@dataclass(frozen=True)
class Table:
    """A table of training data or test data, with the facts that errors and manifest.json name.

    `key` is the option or argument that names the table, and `source` the name of the
    file. `sha256` is the SHA-256 of the file or of the rows. `line` returns the line of
    a row in a CSV file, where both begin with line 1 and row 0.
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


class _CsvText(NamedTuple):
    """The content of a CSV file, with its encoding and delimiter."""

    data: bytes
    encoding: str
    delimiter: str

    def header(self) -> list[str]:
        """Return the column names."""
        records = self._records(self.data[: csv_text.SAMPLE].decode(self.encoding, "replace"))
        first: list[str] = next((record.cells for record in records if record.cells), [])
        return [cell.strip() for cell in first]

    def line(self, row: int) -> int:
        """Return the line of a row: the rows before the row can have values with line breaks."""
        records = self._records(self.data.decode(self.encoding, "replace"))
        lines = [record.line for record in records if record.cells]
        return lines[row + 1] if row + 1 < len(lines) else row + 2

    def frame(self, header: list[str], types: Mapping[str, str]) -> pd.DataFrame:
        """Return the rows. `types` has the type of each column of the model. Raises CsvError if a row is too long."""
        frame = pd.read_csv(
            io.BytesIO(self.data),
            sep=self.delimiter,
            encoding=self.encoding,
            encoding_errors=csv_text.C1 if self.encoding == csv_text.FALLBACK else "strict",
            header=0,
            names=header,
            skipinitialspace=self.delimiter != "\t",
            keep_default_na=False,
            na_values={name: MISSING_NUMBERS if types.get(name) == "number" else [""] for name in header},
            dtype={name: "str" for name, kind in types.items() if kind not in ("number", "any")},
            low_memory=False,
        )
        if not isinstance(frame.index, pd.RangeIndex):
            raise csv_text.CsvError(f"the rows have more values than the {len(header)} names in the first line")
        return frame

    def _records(self, text: str) -> Iterator[csv_text.Record]:
        return csv_text.records(io.StringIO(text, newline=""), self.delimiter)


def read_table(key: str, uri: str, schema: Schema, target: str, groups: Sequence[str] = ()) -> Table:
    """Return the table of a CSV or Parquet file for a model with these columns.

    CSV can be compressed with gzip. The encoding and the delimiter are detected, as in
    `ml-census predict`. `key` is the option that names the file. Raises ArtifactError
    if the file cannot be read, or lacks a column.
    """
    try:
        data = storage.read(uri)
    except storage.StorageError as error:
        raise ArtifactError(key, uri, str(error)) from error
    sha256 = hashlib.sha256(data).hexdigest()
    if data.startswith(PARQUET):
        return Table(_read_parquet(key, uri, data), key, uri, sha256)
    frame, line = _read_csv(key, uri, data, schema, target, groups)
    return Table(frame, key, uri, sha256, line)


def _read_csv(
    key: str, uri: str, data: bytes, schema: Schema, target: str, groups: Sequence[str]
) -> tuple[pd.DataFrame, Callable[[int], int]]:
    """Return the rows of a CSV file, and the function from a row to its line. Raises ArtifactError."""
    try:
        text = _csv_text(data, schema, target)
        header = text.header()
        return text.frame(header, _types(schema, header, target, groups)), text.line
    except (csv_text.CsvError, UnicodeError, EOFError, zlib.error, gzip.BadGzipFile, pd.errors.ParserError) as error:
        raise ArtifactError(key, uri, f"not CSV and not Parquet: {error}") from error
    except KeyError as error:
        raise ArtifactError(key, uri, str(error.args[0])) from error


def _read_parquet(key: str, uri: str, data: bytes) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(io.BytesIO(data), engine="pyarrow")
    except ImportError as error:
        raise ArtifactError(key, uri, "Parquet needs pyarrow: pip install 'ml-census[batch]'") from error
    except (ValueError, OSError) as error:  # pyarrow's errors are subclasses
        raise ArtifactError(key, uri, f"not a Parquet file: {error}") from error
    has_names = any(name is not None for name in frame.index.names)  # an index with a name was a column
    return frame.reset_index(drop=not has_names).rename(columns=str)


def _csv_text(data: bytes, schema: Schema, target: str) -> _CsvText:
    """Return the text of a CSV file, also of one that gzip has compressed. Raises CsvError for another kind of file."""
    data = gzip.decompress(data) if data.startswith(csv_text.GZIP) else data
    encoding = csv_text.detect_encoding([data])
    if b"\0" in data[: csv_text.SAMPLE] and encoding != UTF_16:
        raise csv_text.CsvError("the file has bytes that are no text; save a spreadsheet as CSV")
    sample = data[: csv_text.SAMPLE].decode(encoding, "replace")
    has_names = not any(isinstance(column.name, int) for column in schema.columns)
    names = [*schema.names, target] if has_names else [target]
    return _CsvText(data, encoding, csv_text.detect_delimiter(sample, names))


def _types(schema: Schema, header: list[str], target: str, groups: Sequence[str]) -> dict[str, str]:
    """Return the name in the table and the type of each column. Raises KeyError with a message if one is missing."""
    names = model_columns(schema, header, target, groups)
    return {name: column.type for name, column in zip(names, schema.columns, strict=True) if name is not None}
