"""Score a CSV file: each row gets a prediction, once and in order. What an interrupted run has written is kept."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ml_census.client import Client

PREDICTION = "prediction"


class ScoringError(Exception):
    """A file cannot be scored; the message is the reason in one line."""


@dataclass(frozen=True)
class Table:
    """A CSV file, and where in it the model's columns are. Without a header its columns are the model's."""

    source: Path
    header: list[str] | None
    places: list[int]

    def rows(self) -> Iterator[list[str]]:
        """The rows, without the header. Raises ScoringError."""
        lines = _lines(self.source)
        width = len(self.header or self.places)
        for number, line in enumerate(lines if self.header is None else islice(lines, 1, None)):
            if len(line) != width:
                raise ScoringError(f"{self.source}: row {number} has {len(line)} values, not {width}")
            yield line

    def inputs(self, first: int) -> Iterator[list[str | None]]:
        """What the model takes of the rows from `first` on; an empty cell is null."""
        return ([row[place] or None for place in self.places] for row in islice(self.rows(), first, None))


def read(source: Path, columns: list[str]) -> Table:
    """A file for a model with these columns. Its first line is a header if it names all of them, in any order and among
    others. Raises ScoringError."""
    first = next(_lines(source), [])
    if set(columns) <= set(first):
        return Table(source, first, [first.index(column) for column in columns])
    if len(first) == len(columns) and not set(columns) & set(first):
        return Table(source, None, list(range(len(columns))))
    missing = next(column for column in columns if column not in first)
    raise ScoringError(f"{source}: no column {missing}: the first line must name the model's columns, or be a row")


def score(client: Client, table: Table, target: Path, batch: int, progress: Callable[[int], None]) -> None:
    """Write the rows with their predictions to `target`; until all are done, to a file beside it, with which the next
    run goes on. `progress` is told how many rows more are done. Raises ScoringError, ClientError."""
    part = target.with_name(f"{target.name}.part")
    try:
        done = _keep(part, table)
        progress(done)
        with part.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            predictions = client.predict(table.inputs(done), batch, first=done)
            for row, prediction in zip(islice(table.rows(), done, None), predictions, strict=True):
                writer.writerow([*row, prediction])
                progress(1)
        part.replace(target)
    except OSError as error:
        raise ScoringError(f"{target}: {error.strerror or error}") from error


def _keep(part: Path, table: Table) -> int:
    """How many rows an earlier run has finished: those of the same table, each with its line end."""
    kept, new = 0, part.with_name(f"{part.name}.new")
    with new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if table.header is not None:
            writer.writerow([*table.header, PREDICTION])
        if part.exists():
            with part.open(newline="", encoding="utf-8") as old:
                finished = csv.reader(line for line in old if line.endswith("\n"))
                for row, was in zip(table.rows(), islice(finished, int(table.header is not None), None), strict=False):
                    if was[:-1] != row:
                        break
                    writer.writerow(was)
                    kept += 1
    new.replace(part)
    return kept


def _lines(source: Path) -> Iterator[list[str]]:
    """What is in a CSV file (RFC 4180), empty lines left out. Raises ScoringError."""
    try:
        with source.open(newline="", encoding="utf-8-sig") as file:
            yield from filter(None, csv.reader(file, skipinitialspace=True, strict=True))
    except UnicodeDecodeError as error:
        raise ScoringError(f"{source}: not UTF-8 text") from error
    except csv.Error as error:
        raise ScoringError(f"{source}: not CSV: {error}") from error
    except OSError as error:
        raise ScoringError(f"{source}: {error.strerror or error}") from error
