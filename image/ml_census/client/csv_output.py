"""CSV output of `ml-census predict`: the rows with the added columns, and the report about rejected rows."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Literal

from ml_census.client.csv_input import CsvInput, Row

PREDICTION, PROBABILITY, REASON, EFFECT, ERROR = "prediction", "probability", "reason", "effect", "error"
OnError = Literal["stop", "skip", "mark"]
"""Effect of a rejected row: stop the command, omit the row from the output, or write
the row with the reason."""


@dataclass(frozen=True)
class Output:
    """Format of the output: the columns of the input, then those of prediction, probabilities, reasons and error."""

    table: CsvInput
    on_error: OnError
    classes: list[str] | None = None
    """Classes whose probabilities are written; None if no probabilities are written."""
    reasons: int = 0
    """Number of reasons that are written for each row, each as the name of a column and its effect."""

    @property
    def added(self) -> list[str]:
        """Names of the added columns. A name that the input already has gets a number, such as "prediction 2"."""
        names = [PREDICTION, *(f"{PROBABILITY} {name}" for name in self.classes or [])]
        names += [f"{name}_{number}" for number in range(1, self.reasons + 1) for name in (REASON, EFFECT)]
        names += [ERROR] if self.on_error == "mark" else []
        return [_free(name, self.table.header or []) for name in names]

    def record(
        self, row: Row, prediction: Any, probabilities: list[Any], problem: str, reasons: Sequence[dict[str, Any]] = ()
    ) -> str:
        """Return a row with its prediction as a line of CSV, or "" if the output omits the row.

        `probabilities` has one number for each class, or one list for each output of
        the model. `problem` is why the row is rejected, or "". `reasons` are those of
        PredictionBatch.
        """
        if problem and self.on_error == "skip":
            return ""
        shares = [None] * len(self.classes or []) if problem else _flatten(probabilities)
        problems = [problem] if self.on_error == "mark" else []
        predicted = map(_cell_value, [prediction, *shares])
        return self.line([*self.cells(row), *predicted, *self._effects(reasons), *problems])

    def _effects(self, reasons: Sequence[dict[str, Any]]) -> list[Any]:
        """Return the column and the effect of each reason, and empty cells in place of missing reasons."""
        cells = [cell for reason in reasons for cell in (reason["column"], reason["effect"])]
        return cells + [None] * (2 * self.reasons - len(cells))

    def line(self, cells: Iterable[object]) -> str:
        """Return the cells as a line of CSV. A cell with a carriage return or line feed is quoted."""
        text = StringIO()
        csv.writer(text, lineterminator="\r\n", delimiter=self.table.delimiter).writerow(cells)
        return text.getvalue().removesuffix("\r\n") + "\n"

    def cells(self, row: Row) -> list[str]:
        """Return the cells of a row, cut or extended by empty cells to the number of columns of the input."""
        width = self.table.width
        return [*row.cells[:width], *[""] * (width - len(row.cells))]


@dataclass
class Report:
    """Numbers of rejected rows and of unknown categories in one run of `ml-census predict`, with the first of each.

    `rows` is the number of processed rows of the input.
    """

    rejected: int = 0
    first_rejected: str = ""
    unknown: int = 0
    first_unknown: str = ""
    rows: int = field(default=0, repr=False)

    def sentences(self, on_error: OnError) -> list[str]:
        """Return a sentence about rejected rows and a sentence about unknown categories, each only if there are any."""
        lines = []
        if self.rejected:
            what = "left out" if on_error == "skip" else f"marked in the column {ERROR}"
            lines.append(f"{_counted(self.rejected, 'row')} rejected and {what}; the first: {self.first_rejected}")
        if self.unknown:
            lines.append(f"{_counted(self.unknown, 'value')} unknown to the model; the first: {self.first_unknown}")
        return lines

    def count_rejected(self, line: int, problem: str) -> None:
        """Count the row that begins at `line` as rejected, unless `problem` is empty."""
        if problem:
            self.rejected += 1
            self.first_rejected = self.first_rejected or at(line, problem)


def at(line: int, problem: str) -> str:
    """Return a problem with its line number as prefix, such as "line 3: expected 14 values, got 2"."""
    return f"line {line}{',' if problem.startswith('column ') else ':'} {problem}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


def _free(name: str, taken: list[str]) -> str:
    """Return the name, with a number if the name is already taken."""
    names = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(free for free in names if free not in taken)


def _flatten(probabilities: list[Any]) -> list[Any]:
    """Return the probabilities of one output, or of all outputs one after another."""
    outputs = (output if isinstance(output, list) else [output] for output in probabilities)
    return [share for output in outputs for share in output]


def _cell_value(value: Any) -> object:
    """Return a prediction as a cell. Several labels are a JSON text."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
