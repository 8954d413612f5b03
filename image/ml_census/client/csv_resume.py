"""Resume of an interrupted `ml-census predict`. The completed rows are in a file beside the output file."""

import csv
import gzip
import logging
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

from ml_census.client.csv_input import ScoringError
from ml_census.client.csv_output import Output

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PartFile:
    """Files beside the output file `target`: the completed rows, and a description of the run that wrote the rows."""

    target: Path

    @property
    def path(self) -> Path:
        """Path of the file with the completed rows."""
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def marker(self) -> Path:
        """Path of the file with the model version and the options of the run."""
        return self.target.with_name(f"{self.target.name}.part.model")

    def resume(self, output: Output, version: str) -> int:
        """Keep the completed rows of an earlier run of the same model and options. Delete other rows.

        Return the number of completed rows of the input. Raises ScoringError if a file
        cannot be read or written.
        """
        try:
            self._discard_rows_of_other_run(_description(output, version))
            has_rows = self.path.exists()
            done = self._keep_rows(output)
        except OSError as error:
            raise ScoringError(f"{self.target}: {error.strerror or error}") from error
        if has_rows:
            log.info("%d rows of an earlier run are kept", done)
        return done

    def _discard_rows_of_other_run(self, run: str) -> None:
        """Delete the completed rows unless their run has the description `run`. Raises OSError."""
        earlier_run = self.marker.read_text(encoding="utf-8") if self.marker.exists() else "another model"
        if earlier_run == run:
            return
        if self.path.exists():
            log.warning("starts from the first row: the earlier run was of %s; this one is of %s", earlier_run, run)
        self.path.unlink(missing_ok=True)  # first: old rows must not match the new marker
        self.marker.write_text(run, encoding="utf-8")

    def finish(self) -> None:
        """Replace the target by the completed rows, in gzip if the target's name ends in .gz. Raises OSError."""
        if self.target.suffix == ".gz":
            packed = self.path.with_name(f"{self.path.name}.gz")
            with self.path.open("rb") as plain, gzip.open(packed, "wb") as file:
                shutil.copyfileobj(plain, file)
            packed.replace(self.target)
            self.path.unlink()
        else:
            self.path.replace(self.target)
        self.marker.unlink()

    def _keep_rows(self, output: Output) -> int:
        """Delete all text after the completed rows. Return the number of completed rows of the input."""
        done, new = 0, self.path.with_name(f"{self.path.name}.new")
        with new.open("w", newline="", encoding="utf-8") as file:
            for number, record in _matching_records(self._records(output.table.delimiter), output):
                file.write(output.line(record))
                done = number
        new.replace(self.path)
        return done

    def _records(self, delimiter: str) -> Iterator[list[str]]:
        """Yield the complete records of a file whose last record may be incomplete."""
        if self.path.exists():
            with self.path.open(newline="", encoding="utf-8", errors="replace") as file, suppress(csv.Error):
                lines = takewhile(lambda line: line[-1] in "\r\n", file)
                yield from csv.reader(lines, delimiter=delimiter, strict=True)


def _description(output: Output, version: str) -> str:
    """Return the model and the options of a run, as the marker has them."""
    return f"model {version}, added columns {', '.join(output.added)}, bad rows: {output.on_error}"


def _matching_records(records: Iterator[list[str]], output: Output) -> Iterator[tuple[int, list[str]]]:
    """Yield the header, then each record that matches a row of the input, with the number of the row (from 1)."""
    if output.table.header is not None:
        header = [*output.table.header, *output.added]
        yield 0, header
        if next(records, None) != header:
            return
    yield from _matching_rows(records, output)


def _matching_rows(records: Iterator[list[str]], output: Output) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that matches a row of the input, until the first other record.

    If the output omits rejected rows, a record matches the next equal row of the input.
    """
    rows = enumerate(output.table.rows(), 1)
    for record in records:
        cells = record[: -len(output.added)]
        candidates = rows if output.on_error == "skip" else islice(rows, 1)
        number = next((number for number, row in candidates if output.cells(row) == cells), None)
        if number is None:
            return
        yield number, record
