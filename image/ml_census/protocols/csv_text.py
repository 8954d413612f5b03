"""Read CSV (RFC 4180) and its variants: delimiters, encodings, headers.

Server, client and command line read CSV with this module alone. web/static/js/csv.js does the same in a browser:
tests/support/csv_cases.json holds the cases that both must pass.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import NamedTuple

DELIMITERS = ",;\t|"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
FALLBACK = "windows-1252"
"""Encoding of text that is not UTF-8: Latin-1 with the characters that Windows adds."""
C1 = "ml_census.c1"
"""Name of the error handler that decodes the five undefined bytes of Windows-1252 as C1 controls, as browsers do."""
NAME_SIMILARITY = 0.8
"""Minimum similarity (difflib ratio) of a cell to a column name for a misspelt name: "workclas", "Sex"."""
MAX_COMPARED_CELLS = 20
"""Maximum number of cells that are compared with all names: difflib takes 0.1 ms for a cell and 14 names."""
MAX_SHOWN = 100
"""Maximum length of a first line in an error (characters)."""

codecs.register_error(C1, lambda error: (error.object[error.start : error.end].decode("latin-1"), error.end))  # type: ignore[attr-defined]
csv.field_size_limit(2**31 - 1)  # the default of 128 KiB rejects longer documents; the body has its own limit


class CsvError(Exception):
    """Text cannot be read as CSV, or does not have the model's columns; the message is the reason in one line."""


class Record(NamedTuple):
    """The cells of one record, and the number of its first line, counted from 1."""

    line: int
    cells: list[str]


def detect_encoding(pieces: Iterable[bytes]) -> str:
    """Return the encoding of text: UTF-16 by its byte order mark, else UTF-8, else Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_first = True
    try:
        for piece in pieces:
            if is_first and piece.startswith(UTF_16):
                return "utf-16"
            decoder.decode(piece)
            is_first = False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return FALLBACK
    return "utf-8-sig"


def records(lines: Iterable[str], delimiter: str = ",") -> Iterator[Record]:
    """Yield the records of lines with their line ends. Raises CsvError with the line number.

    A blank line, and a line with one empty cell, has no cells. Cells keep trailing blanks and lose leading ones.
    """
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != "\t", strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CsvError(f"line {line}: not CSV: {error}") from error
        yield Record(line, cells if len(cells) > 1 or "".join(cells).strip() else [])


def detect_delimiter(sample: str, names: Sequence[str]) -> str:
    """Return the delimiter with which the first record has the most column names, or one cell per column."""
    first = {delimiter: _first_record(sample, delimiter) for delimiter in DELIMITERS}
    matches = {delimiter: len(set(names) & {cell.strip() for cell in first[delimiter]}) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: matches[delimiter])
    if matches[best] == len(names) or (matches[best] and not _are_numbers(names)):
        return best
    fitting = (delimiter for delimiter in DELIMITERS if len(first[delimiter]) == len(names) > 1)
    return next(fitting, ",")


def _first_record(sample: str, delimiter: str) -> list[str]:
    """Return the cells of the first record that is not blank, or an empty list if the sample is not CSV."""
    lines = io.StringIO(sample, newline="")
    with suppress(CsvError):
        return next((record.cells for record in records(lines, delimiter) if record.cells), [])
    return []


def column_indexes(
    first: Sequence[str], names: Sequence[str], required: Sequence[str], min_numbers: int = 1
) -> list[int | None] | None:
    """Return for each column the index of its cell in the header, or None if the first record is not a header.

    A header has all required names, in any order and among other names. A column that the header lacks has the index
    None. A first record that is a row has one cell per column, and no cell is similar to a column name.
    Columns without names are numbered from 0. Their header is these numbers in ascending order. With fewer than
    `min_numbers` columns, the first record is never a header.
    Raises CsvError if the first record is neither, or has a column name twice.
    """
    cells = [cell.strip() for cell in first]
    if _is_header(cells, names, required, min_numbers):
        if duplicates := [name for name in names if cells.count(name) > 1]:
            raise CsvError(f"the first line has the column {duplicates[0]} twice")
        return [cells.index(name) if name in cells else None for name in names]
    has_names = not _are_numbers(names) and _has_a_name(cells[:MAX_COMPARED_CELLS], names)
    if len(cells) == len(names) and not has_names:
        return None
    raise CsvError(_header_error(cells, names, [name for name in required if name not in cells] if has_names else []))


def _is_header(cells: Sequence[str], names: Sequence[str], required: Sequence[str], min_numbers: int) -> bool:
    if _are_numbers(names):
        return len(names) >= min_numbers and [cell for cell in cells if cell.isdecimal()] == list(names)
    return set(required) <= set(cells)


def _header_error(cells: Sequence[str], names: Sequence[str], missing: Sequence[str]) -> str:
    if not cells:
        return "there are no rows"
    line = ",".join(cells)
    shown = f"“{line[:MAX_SHOWN]}{'…' if len(line) > MAX_SHOWN else ''}”"
    if missing:
        return f"the first line does not name {', '.join(missing)}: it is {shown}"
    expected = f"expected {len(names)} or the names {', '.join(names)}"
    return f"the first line has {len(cells)} values, {expected}: it is {shown}"


def _are_numbers(names: Sequence[str]) -> bool:
    return list(names) == [str(number) for number in range(len(names))]


def _has_a_name(cells: Sequence[str], names: Sequence[str]) -> bool:
    lower = [name.lower() for name in names]
    return any(get_close_matches(cell.lower(), lower, 1, NAME_SIMILARITY) for cell in cells)
