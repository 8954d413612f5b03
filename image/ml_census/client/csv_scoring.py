"""Score a CSV file: each row gets a prediction, once and in order. What an interrupted run has written is kept."""

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
    """A table of so many rows on its way to a file. Those that are done are beside it, all answered by one model."""

    output: Output
    target: Path | None
    """None is standard output."""
    version: str
    rows: int
    done: int


def begin(output: Output, target: Path | None, version: str) -> ScoringRun:
    """Count the rows, and keep what an earlier run has written beside `target`, if it is of the same rows, of the same
    model, and of the same columns. Raises ScoringError."""
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
    """Return how many rows of the table an earlier run has done."""
    part, note = _part(target), _note(target)
    here = f"model {version}, added columns {', '.join(output.added)}, bad rows: {output.on_error}"
    try:
        before = note.read_text(encoding="utf-8") if note.exists() else "another model"
        was_there = part.exists()
        if before != here:
            part.unlink(missing_ok=True)  # first, or a crash would leave its rows under a false name
            note.write_text(here, encoding="utf-8")
        done = _keep(part, output)
    except OSError as error:
        raise ScoringError(f"{target}: {error.strerror or error}") from error
    if was_there and before != here:
        log.warning("starts from the first row: the earlier run was of %s; this one is of %s", before, here)
    elif was_there:
        log.info("%d rows of an earlier run are kept", done)
    return done


def score(client: Client, run: ScoringRun, batch: int, progress: Callable[[int], None], stdout: TextIO) -> Report:
    """Write the rows that are left with their predictions; when all are done, they take the place of the target.

    `progress` is called with the number of rows that were added. Raises ScoringError, ClientError.
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
        _note(run.target).unlink()
    except OSError as error:
        raise ScoringError(f"{run.target or 'standard output'}: {error.strerror or error}") from error
    return report


def _write(client: Client, run: ScoringRun, batch: int, progress: Callable[[int], None], file: TextIO) -> Report:
    output, report = run.output, Report(rows=run.done)
    rows, sent = tee(islice(output.table.rows(), run.done, None))
    good = (output.table.inputs(row) for row in sent if not row.problem)
    options = {"with_probabilities": output.classes is not None, "skip_refused": output.on_error != "stop"}
    asked = 0
    try:
        for answer in client.answers(good, batch, run.version, **options):
            for row, *outcome in _outcomes(rows, answer, report, asked):
                file.write(output.record(row, *outcome))
                progress(1)
            asked += len(answer.predictions)
    except RejectedRowError as error:
        line = next(islice((row.line for row in rows if not row.problem), error.row - asked, None))
        raise ScoringError(f"{output.table.name}: {at(line, error.reason)}") from error
    for row in rows:  # those without an answer that are behind the last answer
        report.rows += 1
        report.refuse(row.line, row.problem)
        file.write(output.record(row, None, [], row.problem))
        progress(1)
    if report.rows != run.rows:
        raise ScoringError(f"{output.table.name}: has changed while it was read")
    return report


def _outcomes(
    rows: Iterator[Row], answer: Answer, report: Report, asked: int
) -> Iterator[tuple[Row, Any, list[Any], str]]:
    """Yield rows with prediction, probabilities and problem, as far as the answer goes. Rows that were not sent are
    among them."""
    lines = []
    for place, prediction in enumerate(answer.predictions):
        for row in rows:
            problem = row.problem or answer.refused.get(asked + place, "")
            report.rows += 1
            report.refuse(row.line, problem)
            shares = answer.probabilities[place] if answer.probabilities else []
            yield row, None if problem else prediction, shares, problem
            if not row.problem:
                lines.append(row.line)
                break
    if answer.examples and not report.first_unknown:
        first = answer.examples[0]
        shown = json.dumps(first.get("got"), ensure_ascii=False)
        report.first_unknown = f"line {lines[first['row'] - asked]}, column {first.get('column')}: {shown}"
    report.unknown += answer.unknown


def _part(target: Path) -> Path:
    """The rows that are done."""
    return target.with_name(f"{target.name}.part")


def _note(target: Path) -> Path:
    """The model that has answered them, and the columns that were added."""
    return target.with_name(f"{target.name}.part.model")


def _pack(part: Path, target: Path) -> None:
    """Replace the target by the packed part."""
    packed = part.with_name(f"{part.name}.gz")
    with part.open("rb") as plain, gzip.open(packed, "wb") as file:
        shutil.copyfileobj(plain, file)
    packed.replace(target)
    part.unlink()


def _keep(part: Path, output: Output) -> int:
    """Return how many rows of the table an earlier run has finished, with the same header; others are cut off.

    Where refused rows are left out, a finished row is that of the next equal row: a row that was left out has no equal
    among the finished ones.
    """
    finished, table = _finished(part, output.table.delimiter), output.table
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
            place = next((number for number, row in some if output.cells(row) == cells), None)
            if place is None:
                break
            file.write(output.line(was))
            done = place
    new.replace(part)
    return done


def _finished(part: Path, delimiter: str) -> Iterator[list[str]]:
    """Yield the records of a file that may end anywhere: in a line, in a character, within quotes."""
    if part.exists():
        with part.open(newline="", encoding="utf-8", errors="replace") as file, suppress(csv.Error):
            lines = takewhile(lambda line: line[-1] in "\r\n", file)
            yield from csv.reader(lines, delimiter=delimiter, strict=True)
