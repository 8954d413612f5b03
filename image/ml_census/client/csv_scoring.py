"""Scoring of a CSV file: each row gets one prediction, in order. An interrupted run resumes."""

import csv
import gzip
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, takewhile, tee
from pathlib import Path
from typing import Any, TextIO

from ml_census.client.csv_input import Row, ScoringError
from ml_census.client.csv_output import Output, Report, at
from ml_census.client.session import Answer, Client, RejectedRowError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScoringRun:
    """Scoring of a table by one model. Completed rows are in a file beside the target."""

    output: Output
    target: Path | None
    """Output file; None for standard output."""
    version: str
    rows: int
    done: int


def prepare_run(output: Output, target: Path | None, version: str) -> ScoringRun:
    """Count the rows, and keep the completed rows of an earlier run of the same input, model and columns.

    Raises ScoringError.
    """
    table = output.table
    if target and target.exists():
        if not target.is_file():
            raise ScoringError(f"{target}: not a regular file")
        if target.samefile(table.source):
            raise ScoringError(f"{target}: is the input itself; name another --output")
    rows = 0
    for row in table.rows():
        if row.problem and output.on_error == "stop":
            raise ScoringError(f"{table.name}: {at(row.line, row.problem)}")
        rows += 1
    return ScoringRun(output, target, version, rows, _resumed(output, target, version) if target else 0)


def _resumed(output: Output, target: Path, version: str) -> int:
    """Return the number of rows that an earlier run has completed."""
    part, note = _part(target), _resume_marker(target)
    here = f"model {version}, added columns {', '.join(output.added)}, bad rows: {output.on_error}"
    try:
        before = note.read_text(encoding="utf-8") if note.exists() else "another model"
        was_there = part.exists()
        if before != here:
            part.unlink(missing_ok=True)  # first: after a crash its rows would seem to be of this model
            note.write_text(here, encoding="utf-8")
        done = _resume_from(part, output)
    except OSError as error:
        raise ScoringError(f"{target}: {error.strerror or error}") from error
    if was_there and before != here:
        log.warning("starts from the first row: the earlier run was of %s; this one is of %s", before, here)
    elif was_there:
        log.info("%d rows of an earlier run are kept", done)
    return done


def score_rows(client: Client, run: ScoringRun, batch: int, progress: Callable[[int], None], stdout: TextIO) -> Report:
    """Write the remaining rows with their predictions, then replace the target.

    Calls `progress` with the number of added rows. Raises ScoringError, ClientError.
    """
    try:
        if not run.target:
            if run.output.table.header is not None:
                stdout.write(run.output.line([*run.output.table.header, *run.output.added]))
            report = _write(client, run, batch, progress, stdout)
            stdout.flush()
            return report
        part = _part(run.target)
        with part.open("a", newline="", encoding="utf-8") as file:
            report = _write(client, run, batch, progress, file)
        if run.target.suffix == ".gz":
            _pack(part, run.target)
        else:
            part.replace(run.target)
        _resume_marker(run.target).unlink()
    except OSError as error:
        raise ScoringError(f"{run.target or 'standard output'}: {error.strerror or error}") from error
    return report


def _write(client: Client, run: ScoringRun, batch: int, progress: Callable[[int], None], file: TextIO) -> Report:
    output, report = run.output, Report(rows=run.done)
    rows, sent = tee(islice(output.table.rows(), run.done, None))
    good = (output.table.inputs(row) for row in sent if not row.problem)
    options = {"with_probabilities": output.classes is not None, "skip_rejected": output.on_error != "stop"}
    sent_rows = 0
    try:
        for answer in client.answers(good, batch, run.version, **options):
            for row, *outcome in _outcomes(rows, answer, report, sent_rows):
                file.write(output.record(row, *outcome))
                progress(1)
            sent_rows += len(answer.predictions)
    except RejectedRowError as error:
        line = next(islice((row.line for row in rows if not row.problem), error.row - sent_rows, None))
        raise ScoringError(f"{output.table.name}: {at(line, error.reason)}") from error
    for row in rows:  # rejected rows after the last batch
        report.rows += 1
        report.count_rejected(row.line, row.problem)
        file.write(output.record(row, None, [], row.problem))
        progress(1)
    if report.rows != run.rows:
        raise ScoringError(f"{output.table.name}: has changed while it was read")
    return report


def _outcomes(
    rows: Iterator[Row], answer: Answer, report: Report, sent_rows: int
) -> Iterator[tuple[Row, Any, list[Any], str]]:
    """Yield rows with prediction, probabilities and problem for one batch, including its rows that were not sent."""
    lines = []
    for index, prediction in enumerate(answer.predictions):
        for row in rows:
            problem = row.problem or answer.rejected.get(sent_rows + index, "")
            report.rows += 1
            report.count_rejected(row.line, problem)
            shares = answer.probabilities[index] if answer.probabilities else []
            yield row, None if problem else prediction, shares, problem
            if not row.problem:
                lines.append(row.line)
                break
    if answer.examples and not report.first_unknown:
        first = answer.examples[0]
        shown = json.dumps(first.get("got"), ensure_ascii=False)
        report.first_unknown = f"line {lines[first['row'] - sent_rows]}, column {first.get('column')}: {shown}"
    report.unknown += answer.unknown


def _part(target: Path) -> Path:
    """Return the path of the completed rows."""
    return target.with_name(f"{target.name}.part")


def _resume_marker(target: Path) -> Path:
    """Return the path that names the model and the added columns of the completed rows."""
    return target.with_name(f"{target.name}.part.model")


def _pack(part: Path, target: Path) -> None:
    """Replace the target by the compressed part."""
    packed = part.with_name(f"{part.name}.gz")
    with part.open("rb") as plain, gzip.open(packed, "wb") as file:
        shutil.copyfileobj(plain, file)
    packed.replace(target)
    part.unlink()


def _resume_from(part: Path, output: Output) -> int:
    """Return the number of rows that an earlier run has completed with the same header. Drop what follows them.

    If rejected rows are left out, a completed row matches the next equal row of the input.
    """
    finished, table = _completed_records(part, output.table.delimiter), output.table
    done, new = 0, part.with_name(f"{part.name}.new")
    rows = enumerate(table.rows(), 1)
    with new.open("w", newline="", encoding="utf-8") as file:
        if table.header is not None:
            header = [*table.header, *output.added]
            file.write(output.line(header))
            if next(finished, None) != header:
                finished = iter(())
        for was in finished:
            cells = was[: -len(output.added)]
            some = rows if output.on_error == "skip" else islice(rows, 1)
            index = next((number for number, row in some if output.cells(row) == cells), None)
            if index is None:
                break
            file.write(output.line(was))
            done = index
    new.replace(part)
    return done


def _completed_records(part: Path, delimiter: str) -> Iterator[list[str]]:
    """Yield the records of a file that may end anywhere: in a line, in a character, within quotes."""
    if part.exists():
        with part.open(newline="", encoding="utf-8", errors="replace") as file, suppress(csv.Error):
            lines = takewhile(lambda line: line[-1] in "\r\n", file)
            yield from csv.reader(lines, delimiter=delimiter, strict=True)
