"""Predictions for the rows of a CSV file, in order. An interrupted run can be resumed."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, tee
from pathlib import Path
from typing import Any, TextIO

from ml_census.client.csv_input import Row, ScoringError
from ml_census.client.csv_output import Output, Report, at
from ml_census.client.csv_resume import PartFile
from ml_census.client.session import Client, PredictionBatch, RejectedRowError


@dataclass(frozen=True)
class ScoringRun:
    """Run of `ml-census predict` for one CSV file and one version of the model."""

    output: Output
    target: Path | None
    """Output file; None for standard output."""
    version: str
    """Version of the model."""
    rows: int
    """Number of rows of the input."""
    done: int
    """Number of rows that an earlier, interrupted run has completed."""


def prepare_run(output: Output, target: Path | None, version: str) -> ScoringRun:
    """Return a run that keeps the completed rows of an earlier run with the same input, model and options.

    `target` is the output file, or None for standard output. `version` is the version
    of the model. Raises ScoringError if a file cannot be read or written, if an invalid
    row must stop the run, or if the target is the input.
    """
    if target and target.exists():
        if not target.is_file():
            raise ScoringError(f"{target}: not a regular file")
        if target.samefile(output.table.source):
            raise ScoringError(f"{target}: is the input itself; name another --output")
    rows = _count_rows(output)
    return ScoringRun(output, target, version, rows, PartFile(target).resume(output, version) if target else 0)


def _count_rows(output: Output) -> int:
    """Return the number of rows of the input. Raises ScoringError for an invalid row that must stop the run."""
    rows = 0
    for row in output.table.rows():
        if row.problem and output.on_error == "stop":
            raise ScoringError(f"{output.table.name}: {at(row.line, row.problem)}")
        rows += 1
    return rows


def score_rows(client: Client, run: ScoringRun, batch: int, progress: Callable[[int], None], stdout: TextIO) -> Report:
    """Write the remaining rows with their predictions to the target, or to `stdout` without a target.

    `batch` is the maximum number of rows of a request. `progress` is called with the
    number of new rows. Raises ScoringError if a file cannot be read or written, or if a
    rejected row must stop the run. Raises ClientError if a request fails.
    """
    try:
        if not run.target:
            return _write_to_stdout(client, run, batch, progress, stdout)
        return _write_to_file(client, run, batch, progress, PartFile(run.target))
    except OSError as error:
        raise ScoringError(f"{run.target or 'standard output'}: {error.strerror or error}") from error


def _write_to_file(
    client: Client, run: ScoringRun, batch: int, progress: Callable[[int], None], part: PartFile
) -> Report:
    """Append the remaining rows to the completed rows, then replace the target. Raises OSError."""
    with part.path.open("a", newline="", encoding="utf-8") as file:
        report = _write(client, run, batch, _Writer(run, progress, file))
    part.finish()
    return report


def _write_to_stdout(
    client: Client, run: ScoringRun, batch: int, progress: Callable[[int], None], stdout: TextIO
) -> Report:
    output = run.output
    if output.table.header is not None:
        stdout.write(output.line([*output.table.header, *output.added]))
    report = _write(client, run, batch, _Writer(run, progress, stdout))
    stdout.flush()
    return report


def _write(client: Client, run: ScoringRun, batch: int, writer: "_Writer") -> Report:
    output = run.output
    has_classes, skips = output.classes is not None, output.on_error != "stop"
    batches = client.predict_batches(writer.inputs(), batch, run.version, has_classes, skips, output.reasons)
    try:
        for predicted in batches:
            writer.write_batch(predicted)
    except RejectedRowError as error:
        raise ScoringError(f"{output.table.name}: {at(writer.line_of(error.row), error.reason)}") from error
    writer.write_rest()
    if writer.report.rows != run.rows:
        raise ScoringError(f"{output.table.name}: has changed while it was read")
    return writer.report


class _Writer:
    """Writer of the remaining rows of a run, in order. The writer also counts the rows."""

    def __init__(self, run: ScoringRun, progress: Callable[[int], None], file: TextIO) -> None:
        self.report = Report(rows=run.done)
        self._output = run.output
        self._progress = progress
        self._file = file
        self._to_send, to_write = tee(islice(run.output.table.rows(), run.done, None))
        self._sent = self._write_unsent(to_write)
        self._predicted = 0

    def inputs(self) -> Iterator[list[str | None]]:
        """Yield the values of the rows that can be sent."""
        return (self._output.table.inputs(row) for row in self._to_send if not row.problem)

    def write_batch(self, batch: PredictionBatch) -> None:
        """Write the rows of a batch, and the invalid rows before them."""
        lines = []
        for index, (prediction, row) in enumerate(zip(batch.predictions, self._sent, strict=False)):
            problem = batch.rejected.get(self._predicted + index, "")
            probabilities = batch.probabilities[index] if batch.probabilities else []
            reasons = batch.reasons[index] if batch.reasons else []
            self._write(row, None if problem else prediction, probabilities, problem, reasons)
            lines.append(row.line)
        self._count_unknown(batch, lines)
        self._predicted += len(batch.predictions)

    def line_of(self, number: int) -> int:
        """Return the line of a row that was sent and has no prediction yet."""
        return next(islice(self._sent, number - self._predicted, None)).line

    def write_rest(self) -> None:
        """Write the invalid rows after the last batch."""
        deque(self._sent, maxlen=0)

    def _write_unsent(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Yield the rows that were sent. Write each invalid row at its position between these rows."""
        for row in rows:
            if row.problem:
                self._write(row, None, [], row.problem)
            else:
                yield row

    def _write(
        self, row: Row, prediction: Any, probabilities: list[Any], problem: str, reasons: Sequence[dict[str, Any]] = ()
    ) -> None:
        self.report.rows += 1
        self.report.count_rejected(row.line, problem)
        self._file.write(self._output.record(row, prediction, probabilities, problem, reasons))
        self._progress(1)

    def _count_unknown(self, batch: PredictionBatch, lines: list[int]) -> None:
        self.report.unknown += batch.unknown
        if batch.examples and not self.report.first_unknown:
            example = batch.examples[0]
            value = json.dumps(example.get("got"), ensure_ascii=False)
            line = lines[example["row"] - self._predicted]
            self.report.first_unknown = f"line {line}, column {example.get('column')}: {value}"
