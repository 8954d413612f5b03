"""Score a CSV file: each row gets a prediction, once and in order. What an interrupted run has written is kept."""

import csv
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from itertools import islice, takewhile, tee
from pathlib import Path

from ml_census.client import Client

log = logging.getLogger(__name__)

PREDICTION = "prediction"
LIKE = 0.8
"""How much of a name a misspelt one has, as difflib counts it: "txt" of "text", "workclas", "Sex"."""


class ScoringError(Exception):
    """A file cannot be scored; the message is the reason in one line."""


@dataclass(frozen=True)
class Table:
    """A CSV file, and where in it the model's columns are. Without a header its columns are the model's."""

    source: Path
    header: list[str] | None
    places: list[int]

    def rows(self) -> Iterator[list[str]]:
        """The rows, without the header. Where there is one column a blank line is an empty cell (RFC 4180), else it is
        nothing. Raises ScoringError."""
        lines = _lines(self.source)
        if self.header is not None:
            next(filter(None, lines), None)
        width = len(self.header or self.places)
        blank = [""] if width == 1 else []
        for number, line in enumerate(filter(None, (line or blank for line in lines))):
            if len(line) != width:
                raise ScoringError(f"{self.source}: row {number} has {len(line)} values, not {width}")
            yield line

    def inputs(self, row: list[str]) -> list[str | None]:
        """What the model takes of a row; an empty cell is null."""
        return [row[place] or None for place in self.places]


@dataclass(frozen=True)
class Run:
    """A table of so many rows on its way to a file. Those that are done are beside it, all answered by one model."""

    table: Table
    target: Path
    version: str
    rows: int
    done: int


def read(source: Path, columns: list[str]) -> Table:
    """A file for a model with these columns. Its first line is a header if it names all of them, in any order and among
    others; it is a row if nothing in it is like a name. Columns without names are numbered: there a header has just
    these numbers in their order, and other columns that are no numbers. Raises ScoringError."""
    if not source.is_file():
        raise ScoringError(f"{source}: not a regular file, and its rows are read more than once")
    first = next(filter(None, _lines(source)), [])
    numbered = columns == [str(number) for number in range(len(columns))]
    if numbered:
        is_header = [cell for cell in first if cell.isdecimal()] == columns
    else:
        is_header = set(columns) <= set(first)
    if is_header:
        return Table(source, first, [first.index(column) for column in columns])
    if numbered or (len(first) == len(columns) and not _has_a_name(first, columns)):
        return Table(source, None, list(range(len(columns))))
    missing = next(column for column in columns if column not in first)
    rule = "the first line must name the model's columns, or be a row with nothing like their names"
    raise ScoringError(f"{source}: no column {missing}: {rule}")


def begin(table: Table, target: Path, version: str, url: str) -> Run:
    """Count the rows, and keep what an earlier run has written beside `target`, if it is of the same rows and of the
    same model at the same URL. Raises ScoringError."""
    if target.exists() and not target.is_file():
        raise ScoringError(f"{target}: not a regular file")
    part, note = _part(target), _note(target)
    rows = sum(1 for _ in table.rows())
    here = f"model {version} at {url}"
    try:
        before = note.read_text(encoding="utf-8") if note.exists() else "another model"
        was_there = part.exists()
        if before != here:
            part.unlink(missing_ok=True)  # first, or a crash would leave its rows under a false name
            note.write_text(here, encoding="utf-8")
        done = _keep(part, table)
    except OSError as error:
        raise ScoringError(f"{target}: {error.strerror or error}") from error
    if was_there and before != here:
        log.warning("begins anew: the run before was of %s", before)
    elif was_there:
        log.info("%d rows of an earlier run are kept", done)
    return Run(table, target, version, rows, done)


def score(client: Client, run: Run, batch: int, progress: Callable[[int], None]) -> None:
    """Write the rows that are left with their predictions; when all are done, they take the place of the target.
    `progress` is told how many rows more are done. Raises ScoringError, ClientError."""
    done, part = run.done, _part(run.target)
    rows, asked = tee(islice(run.table.rows(), run.done, None))
    predictions = client.predict(map(run.table.inputs, asked), batch, run.done, run.version)
    try:
        with part.open("a", newline="", encoding="utf-8") as file:
            for row, prediction in zip(rows, predictions, strict=True):
                file.write(_record([*row, prediction]))
                done += 1
                progress(1)
        if done != run.rows:
            raise ScoringError(f"{run.table.source}: has changed while it was read")
        part.replace(run.target)
        _note(run.target).unlink()
    except OSError as error:
        raise ScoringError(f"{run.target}: {error.strerror or error}") from error


def _has_a_name(cells: list[str], columns: list[str]) -> bool:
    names = [column.lower() for column in columns]
    return any(get_close_matches(cell.strip().lower(), names, 1, LIKE) for cell in cells)


def _part(target: Path) -> Path:
    """The rows that are done."""
    return target.with_name(f"{target.name}.part")


def _note(target: Path) -> Path:
    """Who has answered them."""
    return target.with_name(f"{target.name}.part.model")


def _keep(part: Path, table: Table) -> int:
    """How many rows an earlier run has finished: those of the same table, with the same header."""
    finished = _finished(part)
    kept, new = 0, part.with_name(f"{part.name}.new")
    with new.open("w", newline="", encoding="utf-8") as file:
        if table.header is not None:
            header = [*table.header, PREDICTION]
            file.write(_record(header))
            if next(finished, None) != header:
                finished = iter(())
        for row, was in zip(table.rows(), finished, strict=False):
            if was[:-1] != row:
                break
            file.write(_record(was))
            kept += 1
    new.replace(part)
    return kept


def _finished(part: Path) -> Iterator[list[str]]:
    """The records of a file that may end anywhere: in a line, in a character, within quotes."""
    if part.exists():
        with part.open(newline="", encoding="utf-8", errors="replace") as file, suppress(csv.Error):
            yield from csv.reader(takewhile(lambda line: line[-1] in "\r\n", file), strict=True)


def _record(cells: Iterable[object]) -> str:
    """A line of CSV. The writer quotes what its own line end is made of, and so each \\r and \\n."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"


def _lines(source: Path) -> Iterator[list[str]]:
    """What is in a CSV file (RFC 4180); a blank line is an empty list. Raises ScoringError."""
    try:
        with source.open(newline="", encoding="utf-8-sig") as file:
            yield from csv.reader(file, skipinitialspace=True, strict=True)
    except UnicodeDecodeError as error:
        raise ScoringError(f"{source}: not UTF-8 text") from error
    except csv.Error as error:
        raise ScoringError(f"{source}: not CSV: {error}") from error
    except OSError as error:
        raise ScoringError(f"{source}: {error.strerror or error}") from error
