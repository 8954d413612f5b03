"""`ml-census predict` for a CSV file: --input and --output."""

import codecs
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from ml_census.cli.ending import fail
from ml_census.cli.predict_options import Options

if TYPE_CHECKING:
    from ml_census.client.csv_input import CsvInput
    from ml_census.client.csv_scoring import ScoringRun
    from ml_census.client.session import Client, ModelInfo

STDIN = STDOUT = "-"


def score_file(client: "Client", source: str, target: str, options: Options) -> None:
    """Write the rows of the CSV file `source` with their predictions to `target`; "-" is standard input or output.

    Raises ClientError if a request fails, and ScoringError if a file cannot be read or
    written. Exit with code 1 for an unknown --encoding, or for --proba with a model
    without probabilities.
    """
    from ml_census.client.csv_scoring import score_rows

    with _run(client, source, target, options) as run, _progress_bar(run) as progress, _stdout() as stdout:
        report = score_rows(client, run, options["batch"], progress, stdout)
    click.echo(f"{run.rows} rows with predictions in {'standard output' if target == STDOUT else target}", err=True)
    for sentence in report.sentences(options["on_error"]):
        click.echo(sentence, err=True)


@contextmanager
def _run(client: "Client", source: str, target: str, options: "Options") -> Iterator["ScoringRun"]:
    """Yield the run of the options. score_file() states what this function raises."""
    from ml_census.client import csv_output, csv_scoring

    codec, model = _codec(options["encoding"]), client.model()
    if options["proba"] and model.classes is None:
        fail("--proba: the model has no probabilities")
    classes = model.classes if options["proba"] else None
    with _table(source, model, codec) as table:
        output = csv_output.Output(table, options["on_error"], classes, options["reasons"] or 0)
        yield csv_scoring.prepare_run(output, None if target == STDOUT else Path(target), model.version)


@contextmanager
def _progress_bar(run: "ScoringRun") -> Iterator[Callable[[int], None]]:
    """Show a progress bar if stderr is a terminal. Yield a function that adds a number of completed rows.

    The bar begins at the rows that an interrupted run has completed.
    """
    bar = click.progressbar(length=run.rows, label="rows", file=sys.stderr, hidden=not sys.stderr.isatty())
    with bar:
        bar.update(run.done)
        yield bar.update


def _stdout() -> TextIO:
    """Return standard output as a text file in UTF-8. Standard output stays open when this file is closed."""
    return open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False)


@contextmanager
def _table(source: str, model: "ModelInfo", encoding: str) -> Iterator["CsvInput"]:
    """Yield the CSV input. Standard input is copied to a temporary file, because the command reads the rows twice."""
    from ml_census.client import csv_input
    from ml_census.protocols import csv_text

    with tempfile.NamedTemporaryFile() as file:
        if source == STDIN:
            shutil.copyfileobj(sys.stdin.buffer, file)
            file.flush()
            table = csv_input.open_input(Path(file.name), model.columns, model.required, encoding, "standard input")
        else:
            table = csv_input.open_input(Path(source), model.columns, model.required, encoding)
        if not encoding and table.encoding == csv_text.FALLBACK:
            click.echo(f"{table.name}: not UTF-8, read as Windows-1252; --encoding names another", err=True)
        yield table


def _codec(name: str | None) -> str:
    """Return the name of Python's codec for an encoding, or "" for None. Exit with code 1 if unknown."""
    if name is None:
        return ""
    try:
        "".encode(name)  # also raises LookupError for codecs that are not for text, such as base64
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        fail(f"--encoding {name}: unknown; expected a name such as utf-8, utf-16, latin-1, windows-1252, shift_jis")
    return "utf-8-sig" if codec == "utf-8" else codec
