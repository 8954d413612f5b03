"""Read CSV (RFC 4180) and its relatives: delimiters, encodings, headers. web/csv.js does the same in a browser.

tests/csv_cases.json holds what both must make of a text.
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
"""The encoding of text that is not UTF-8: Latin-1 with the characters that Windows adds."""
C1 = "ml_census.c1"
"""Name of the error handler that reads the five undefined bytes of Windows-1252 as browsers do, as C1 controls."""
LIKE = 0.8
"""Similarity (difflib's ratio) from which a cell counts as a misspelt name: "txt" of "text", "workclas", "Sex"."""
CHECKED = 20
"""Maximum number of cells that are compared with all names: difflib takes 0.1 ms for a cell and 14 names."""
SHOWN = 100
"""Maximum length of a first line in an error (characters)."""

codecs.register_error(C1, lambda error: (error.object[error.start : error.end].decode("latin-1"), error.end))  # type: ignore[attr-defined]
csv.field_size_limit(2**31 - 1)  # the default of 128 KiB refuses longer documents; bodies have a limit of their own


class CsvError(Exception):
    """Text cannot be read as CSV, or does not have the model's columns; the message is the reason in one line."""


class Record(NamedTuple):
    """The cells of one record, and the line where it begins, counted from 1."""

    line: int
    cells: list[str]


def encoding_of(pieces: Iterable[bytes]) -> str:
    """Return the encoding of text: UTF-16 by its byte order mark, else UTF-8, else Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    try:
        for piece in pieces:
            if first and piece.startswith(UTF_16):
                return "utf-16"
            decoder.decode(piece)
            first = False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return FALLBACK
    return "utf-8-sig"


def records(lines: Iterable[str], delimiter: str = ",") -> Iterator[Record]:
    """Yield the records of lines that keep their ends; a blank line has no cells. Raises CsvError with the line.

    A cell keeps its blanks, save those before its first character. A line with one empty cell is blank, too.
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


def delimiter_of(sample: str, names: Sequence[str]) -> str:
    """Return the delimiter under which the first record names most of the columns, or has as many cells as these."""
    first = {delimiter: _first(sample, delimiter) for delimiter in DELIMITERS}
    matches = {delimiter: len(set(names) & {cell.strip() for cell in first[delimiter]}) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: matches[delimiter])
    if matches[best] == len(names) or (matches[best] and not _are_numbers(names)):
        return best
    fitting = (delimiter for delimiter in DELIMITERS if len(first[delimiter]) == len(names) > 1)
    return next(fitting, ",")


def _first(sample: str, delimiter: str) -> list[str]:
    """The first record that is not blank, as far as the sample has it."""
    with suppress(CsvError):
        return next(
            (record.cells for record in records(io.StringIO(sample, newline=""), delimiter) if record.cells), []
        )
    return []


def places(
    first: Sequence[str], names: Sequence[str], required: Sequence[str], fewest_numbers: int = 1
) -> list[int | None] | None:
    """Return where in a header the columns are; None if the first record is no header, but a row. Raises CsvError.

    A header names all required columns, in any order and among others; a column that it does not name has no place. A
    row has as many cells as there are columns, and none is like a name.
    Columns without names are numbered from 0: their header has these numbers in their order, if these are at least
    `fewest_numbers`; fewer may as well be values.
    """
    cells = [cell.strip() for cell in first]
    if _are_numbers(names):
        is_header = len(names) >= fewest_numbers and [cell for cell in cells if cell.isdecimal()] == list(names)
    else:
        is_header = set(required) <= set(cells)
    if is_header:
        if twice := [name for name in names if cells.count(name) > 1]:
            raise CsvError(f"the first line names {twice[0]} twice")
        return [cells.index(name) if name in cells else None for name in names]
    has_names = not _are_numbers(names) and _has_a_name(cells[:CHECKED], names)
    if len(cells) == len(names) and not has_names:
        return None
    raise CsvError(_odd_header(cells, names, [name for name in required if name not in cells] if has_names else []))


def _odd_header(cells: Sequence[str], names: Sequence[str], missing: Sequence[str]) -> str:
    if not cells:
        return "there are no rows"
    line = ",".join(cells)
    shown = f"it is “{line[:SHOWN]}{'…' if len(line) > SHOWN else ''}”"
    if missing:
        return f"the first line does not name {', '.join(missing)}: {shown}"
    return f"the first line has {len(cells)} values, expected {len(names)} or the names {', '.join(names)}: {shown}"


def _are_numbers(names: Sequence[str]) -> bool:
    return list(names) == [str(number) for number in range(len(names))]


def _has_a_name(cells: Sequence[str], names: Sequence[str]) -> bool:
    lower = [name.lower() for name in names]
    return any(get_close_matches(cell.lower(), lower, 1, LIKE) for cell in cells)
