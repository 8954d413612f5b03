"""Functions that read CSV (RFC 4180), and that detect the encoding, the delimiter and the header.

The server, the client and the command line read CSV only with this module.
api/web/static/js/csv.js does the same in the browser. Tests run both with the cases in
tests/support/csv_cases.json.
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
"""Name of the codec error handler that decodes undefined bytes of Windows-1252 as C1
control codes, as browsers do."""
GZIP = b"\x1f\x8b"
"""First bytes of a file that gzip has compressed."""
SAMPLE = 64 * 1024
"""Number of characters or bytes at the start of a file from which readers detect the
delimiter."""
NAME_SIMILARITY = 0.8
"""Minimum similarity (difflib ratio) to a column name at which a cell is a misspelt
name, such as "workclas"."""
MAX_COMPARED_CELLS = 20
"""Maximum number of cells to compare with the column names. difflib takes 0.1 ms for
one cell and 14 names."""
MAX_SHOWN = 100
"""Maximum length of the first line of CSV in an error message, in characters."""

codecs.register_error(C1, lambda error: (error.object[error.start : error.end].decode("latin-1"), error.end))  # type: ignore[attr-defined]
csv.field_size_limit(2**31 - 1)  # the default, 128 KiB, is too small for text documents; requests have their own limit


class CsvError(Exception):
    """Report text that is not CSV, or CSV without the model's columns. The message is the reason in one line."""


class Record(NamedTuple):
    """The cells of one CSV record, and the number of the record's first line, counted from 1."""

    line: int
    cells: list[str]


def detect_encoding(pieces: Iterable[bytes]) -> str:
    """Return the codec of a text from its bytes: "utf-16" (with byte order mark), "utf-8-sig" or "windows-1252".

    `pieces` are consecutive parts of the text. Any other text is read as Windows-1252.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for index, piece in enumerate(pieces):
            if index == 0 and piece.startswith(UTF_16):
                return "utf-16"
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return FALLBACK
    return "utf-8-sig"


def records(lines: Iterable[str], delimiter: str = ",") -> Iterator[Record]:
    """Yield the CSV records in `lines`. Raises CsvError if a line is not CSV.

    Each line has its line end. A record that is a blank line or one empty cell has no
    cells. Blanks at the start of a cell are removed (unless tabs separate the cells);
    blanks at the end are kept.
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
    """Return the delimiter of CSV text: a comma, semicolon, tab or pipe.

    With this delimiter, the first record of `sample` has the most column `names`, else
    one cell per column. The default is a comma.
    """
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
    """Return the index of each column's cell in the header, or None if the first record is a row of values.

    `first` is the first record, and `names` are the model's columns. A header has all
    `required` names, in any order, and may have others. The index of a column that is
    not in the header is None. A row of values has one cell per column, and no cell is
    similar to a column name. Columns without names have the names "0", "1", "2" and so
    on, and a header has these numbers in ascending order. If there are fewer than
    `min_numbers` such columns, the first record is never a header. Raises CsvError if
    the first record is neither a header nor a row, or if a header has a column twice.
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
