"""What `ml-census predict` writes of a file: the columns that follow those of the table, and the report at the end."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Literal

from ml_census.client.csv_input import CsvInput, Row

PREDICTION, PROBABILITY, ERROR = "prediction", "probability", "error"
OnError = Literal["stop", "skip", "mark"]
"""What becomes of a row that the server refuses: it ends the run, it is left out, or it is written with the reason."""


@dataclass(frozen=True)
class Output:
    """What is written: which columns follow those of the table."""

    table: CsvInput
    on_error: OnError
    classes: list[str] | None = None
    """The classes whose probabilities are written; None for none."""

    @property
    def added(self) -> list[str]:
        """The names of the columns that are added; one that the table has gets a number."""
        names = [PREDICTION, *(f"{PROBABILITY} {name}" for name in self.classes or [])]
        names += [ERROR] if self.on_error == "mark" else []
        return [_free(name, self.table.header or []) for name in names]

    def record(self, row: Row, prediction: Any, probabilities: list[Any], problem: str) -> str:
        """Return a row with its prediction as a line of CSV; an empty one if the row is left out."""
        if problem and self.on_error == "skip":
            return ""
        flat = [share for each in probabilities for share in (each if isinstance(each, list) else [each])]
        shares = flat if not problem else [None] * len(self.classes or [])
        reason = [problem] if self.on_error == "mark" else []
        return self.line([*self.cells(row), *map(_written, [prediction, *shares]), *reason])

    def line(self, cells: Iterable[object]) -> str:
        """Return a line of CSV. The writer quotes what its own line end is made of, and so each \\r and \\n."""
        text = StringIO()
        csv.writer(text, lineterminator="\r\n", delimiter=self.table.delimiter).writerow(cells)
        return text.getvalue().removesuffix("\r\n") + "\n"

    def cells(self, row: Row) -> list[str]:
        """Return the cells of a row, as many as the table has columns."""
        width = self.table.width
        return [*row.cells[:width], *[""] * (width - len(row.cells))]


@dataclass
class Report:
    """What a run tells at its end: how many rows were refused and values unknown, and the first of each."""

    refused: int = 0
    first_refused: str = ""
    unknown: int = 0
    first_unknown: str = ""
    rows: int = field(default=0, repr=False)

    def sentences(self, on_error: OnError) -> list[str]:
        """Return what a person should know of the rows, a line each."""
        lines = []
        if self.refused:
            what = "left out" if on_error == "skip" else f"marked in the column {ERROR}"
            lines.append(f"{_counted(self.refused, 'row')} refused and {what}; the first: {self.first_refused}")
        if self.unknown:
            lines.append(f"{_counted(self.unknown, 'value')} unknown to the model; the first: {self.first_unknown}")
        return lines

    def refuse(self, line: int, problem: str) -> None:
        """Count a row that is refused, if it has a problem."""
        if problem:
            self.refused += 1
            self.first_refused = self.first_refused or at(line, problem)


def at(line: int, problem: str) -> str:
    """Return a problem with its line."""
    return f"line {line}{',' if problem.startswith('column ') else ':'} {problem}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


def _free(name: str, taken: list[str]) -> str:
    """Return the name, with a number if the table has such a column."""
    names = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(each for each in names if each not in taken)


def _written(value: Any) -> object:
    """Return a value as a cell: several labels as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
