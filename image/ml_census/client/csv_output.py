"""CSV output of `ml-census predict`: the added columns, and the report of a run."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Literal

from ml_census.client.csv_input import CsvInput, Row

PREDICTION, PROBABILITY, ERROR = "prediction", "probability", "error"
OnError = Literal["stop", "skip", "mark"]
"""Effect of a rejected row: the run stops, the output omits the row, or the output has the row with the reason."""


@dataclass(frozen=True)
class Output:
    """Format of the output: the columns of the input, and the added columns."""

    table: CsvInput
    on_error: OnError
    classes: list[str] | None = None
    """Classes whose probabilities are written; None for no probabilities."""

    @property
    def added(self) -> list[str]:
        """Names of the added columns. A name that the input already has gets a number, such as "prediction 2"."""
        names = [PREDICTION, *(f"{PROBABILITY} {name}" for name in self.classes or [])]
        names += [ERROR] if self.on_error == "mark" else []
        return [_free(name, self.table.header or []) for name in names]

    def record(self, row: Row, prediction: Any, probabilities: list[Any], problem: str) -> str:
        """Return a row with its prediction as a line of CSV, or an empty text if the row is left out."""
        if problem and self.on_error == "skip":
            return ""
        shares = [None] * len(self.classes or []) if problem else _flatten(probabilities)
        reason = [problem] if self.on_error == "mark" else []
        return self.line([*self.cells(row), *map(_cell_value, [prediction, *shares]), *reason])

    def line(self, cells: Iterable[object]) -> str:
        """Return a line of CSV, in which each carriage return and line feed is quoted."""
        text = StringIO()
        csv.writer(text, lineterminator="\r\n", delimiter=self.table.delimiter).writerow(cells)
        return text.getvalue().removesuffix("\r\n") + "\n"

    def cells(self, row: Row) -> list[str]:
        """Return the cells of a row, as many as the table has columns."""
        width = self.table.width
        return [*row.cells[:width], *[""] * (width - len(row.cells))]


@dataclass
class Report:
    """Report of one `ml-census predict`: the numbers of rejected rows and unknown values.

    It also has the first rejected row and the first unknown value.
    """

    rejected: int = 0
    first_rejected: str = ""
    unknown: int = 0
    first_unknown: str = ""
    rows: int = field(default=0, repr=False)

    def sentences(self, on_error: OnError) -> list[str]:
        """Return one sentence for rejected rows and one for unknown values, each only if there are any."""
        lines = []
        if self.rejected:
            what = "left out" if on_error == "skip" else f"marked in the column {ERROR}"
            lines.append(f"{_counted(self.rejected, 'row')} rejected and {what}; the first: {self.first_rejected}")
        if self.unknown:
            lines.append(f"{_counted(self.unknown, 'value')} unknown to the model; the first: {self.first_unknown}")
        return lines

    def count_rejected(self, line: int, problem: str) -> None:
        """Count a row as rejected unless `problem` is empty."""
        if problem:
            self.rejected += 1
            self.first_rejected = self.first_rejected or at(line, problem)


def at(line: int, problem: str) -> str:
    """Return the text of a problem after the number of its line."""
    return f"line {line}{',' if problem.startswith('column ') else ':'} {problem}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


def _free(name: str, taken: list[str]) -> str:
    """Return the name, with a number if the table has such a column."""
    names = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(free for free in names if free not in taken)


def _flatten(probabilities: list[Any]) -> list[Any]:
    """Return the probabilities of one output, or of all outputs one after another."""
    outputs = (output if isinstance(output, list) else [output] for output in probabilities)
    return [share for output in outputs for share in output]


def _cell_value(value: Any) -> object:
    """Return a value as a cell: several labels as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
