"""`ml-census predict`: sends one row or a file of rows to a running server."""

import codecs
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypedDict, Unpack

import click

from ml_census.cli.ending import fail, fail_on

if TYPE_CHECKING:
    from ml_census.client.csv_input import CsvInput
    from ml_census.client.csv_output import OnError
    from ml_census.client.csv_scoring import ScoringRun
    from ml_census.client.session import Client, ModelInfo, PredictionBatch

FILE = click.Path(exists=True, dir_okay=False)
STDIN = STDOUT = "-"
ON_ERROR = ("stop", "skip", "mark")


class Options(TypedDict):
    """Options of the command."""

    url: str
    name: str | None
    user_file: str | None
    password_file: str | None
    row: str | None
    example: bool
    expect: str | None
    source: str | None
    encoding: str | None
    target: str | None
    proba: bool
    on_error: "OnError"
    batch: int


@click.command(
    epilog="""Example: ml-census predict --url http://127.0.0.1:5090 --user census --row '[39, "Private", ...]', or with
    --input rows.csv --output predictions.csv in place of --row."""
)
@click.option("--url", required=True, help="URL of the server.")
@click.option("--user", "name", help="Name of the user.")
@click.option("--user-file", type=FILE, help="File with the name of the user.")
@click.option("--password-file", type=FILE, help="File with the password. Without it there is a prompt.")
@click.option("--row", metavar="JSON", help="One row: a list of values, or an object by column name.")
@click.option("--example", is_flag=True, help="Predict an example row, which the model's columns in GET /schema allow.")
@click.option("--expect", metavar="PREDICTION", help="Fail unless this is the prediction of the row.")
@click.option("--input", "source", type=click.Path(exists=True, dir_okay=False, allow_dash=True), help="CSV file "
              "of rows, with a header or the model's columns, separated by commas, semicolons, tabs or pipes; plain or "
              "gzip. - is standard input.")  # fmt: skip
@click.option("--encoding", metavar="NAME", help="Encoding of --input (default: detected among UTF-8, UTF-16 and "
              "Windows-1252).")  # fmt: skip
@click.option("--output", "target", type=click.Path(dir_okay=False, allow_dash=True), help="File for the rows "
              "with their predictions, in UTF-8; an existing file is replaced. The ending .gz compresses it, - is "
              "standard output. Until all rows are completed, they are in OUTPUT.part.")  # fmt: skip
@click.option("--proba", is_flag=True, help="Add the probability of each class.")
@click.option("--on-error", type=click.Choice(ON_ERROR), default="stop", show_default=True, help="For a row "
              "that the server rejects: stop the run, skip the row, or mark it in a column error.")  # fmt: skip
@click.option("--batch", default=1000, show_default=True, type=click.IntRange(1), help="Maximum rows in a request. "
              "A request also has maximum 512 KiB, or less if the server accepts less.")  # fmt: skip
def predict(**options: Unpack[Options]) -> None:
    """Log in and predict one row or the rows of a CSV file. An interrupted run resumes."""
    source, target = options["source"], options["target"]
    inputs = (options["row"] is not None, options["example"], source is not None)
    if inputs.count(True) != 1 or (source is None) != (target is None):
        fail("needs --row, --example, or --input and --output")
    if source == STDIN and not options["password_file"]:
        fail("--input -: needs --password-file, since standard input holds the rows")
    from ml_census.client.session import Client

    url, credentials = options["url"], _credentials(options)
    with _fail_in_one_line(url, resumes=bool(source) and target != STDOUT):
        if source and target:
            with Client(url, *credentials) as client:
                _score_file(client, source, target, options)
        else:
            with Client(url, *credentials, retry_timeout=0) as client:
                _predict_row(client, options)


def _credentials(options: Options) -> tuple[str, str]:
    """Return the name and the password of the user."""
    user_file, password_file = options["user_file"], options["password_file"]
    name = options["name"] or (_first_line(user_file) if user_file else fail("needs --user or --user-file"))
    if password_file:
        return name, _first_line(password_file)
    return name, str(click.prompt("Password", hide_input=True, err=True))


@contextmanager
def _fail_in_one_line(url: str, resumes: bool) -> Iterator[None]:
    """End the command with one line for each error of the client, and on an interrupt."""
    from ml_census.client.csv_input import ScoringError
    from ml_census.client.session import ClientError

    try:
        with fail_on(ScoringError), fail_on(ClientError, subject=url):
            yield
    except KeyboardInterrupt:
        sys.unraisablehook = lambda _: None  # http.client reports an interrupt in its constructor
        fail("interrupted: the same command resumes the run" if resumes else "interrupted", 130)


def _predict_row(client: "Client", options: Options) -> None:
    rows = _example_rows(client) if options["example"] else [_parsed_row(str(options["row"]))]
    batch = _first_accepted(client, rows, options["proba"])
    (prediction,) = batch.predictions
    shown = {"prediction": prediction, "probabilities": batch.probabilities[0]} if batch.probabilities else prediction
    click.echo(json.dumps(shown))
    for warning in batch.examples:
        value = json.dumps(warning.get("got"), ensure_ascii=False)
        click.echo(f"column {warning.get('column')}: {value} is unknown to the model", err=True)
    if options["expect"] is not None and str(prediction) != options["expect"]:
        fail(f"expected {options['expect']}")


def _example_rows(client: "Client") -> list[object]:
    """Return rows of the model's columns, of which the model accepts at least one. Raises ClientError."""
    from ml_census.client.session import ClientError
    from ml_census.schema import SchemaError, schema_from_json

    try:
        return [[values[0] for values in columns] for columns in schema_from_json(client.schema()).example_rows()]
    except SchemaError as error:
        raise ClientError(f"/schema: {error}") from error


def _first_accepted(client: "Client", rows: list[object], proba: bool) -> "PredictionBatch":
    """Return the predictions for the first row that the server accepts. Raises ClientError."""
    from ml_census.client.session import RejectedRowError

    *others, last = rows
    for row in others:
        with suppress(RejectedRowError):
            return next(client.predict_batches([row], with_probabilities=proba))
    return next(client.predict_batches([last], with_probabilities=proba))


def _parsed_row(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        fail(f"--row: not JSON: {error}")


def _score_file(client: "Client", source: str, target: str, options: Options) -> None:
    from ml_census.client import csv_output, csv_scoring

    codec, on_error, model = _codec(options["encoding"]), options["on_error"], client.model()
    if options["proba"] and model.classes is None:
        fail("--proba: the model has no probabilities")
    with _table(source, model, codec) as table:
        output = csv_output.Output(table, on_error, model.classes if options["proba"] else None)
        run = csv_scoring.prepare_run(output, None if target == STDOUT else Path(target), model.version)
        with _progress_bar(run) as progress, _stdout() as stdout:
            report = csv_scoring.score_rows(client, run, options["batch"], progress, stdout)
    click.echo(f"{run.rows} rows with predictions in {'standard output' if target == STDOUT else target}", err=True)
    for sentence in report.sentences(on_error):
        click.echo(sentence, err=True)


@contextmanager
def _progress_bar(run: "ScoringRun") -> Iterator[Callable[[int], None]]:
    """Show a bar that begins at the completed rows, unless stderr is a log. Yield a function that adds rows."""
    bar = click.progressbar(length=run.rows, label="rows", file=sys.stderr, hidden=not sys.stderr.isatty())
    with bar:
        bar.update(run.done)
        yield bar.update


def _stdout() -> TextIO:
    """Return standard output as UTF-8. A close leaves it open."""
    return open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False)


@contextmanager
def _table(source: str, model: "ModelInfo", encoding: str) -> Iterator["CsvInput"]:
    """Yield the input. Rows are read twice, so standard input is copied to a temporary file."""
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
    """Return the codec of an encoding, or an empty text for None."""
    if name is None:
        return ""
    try:
        "".encode(name)  # codecs that are not for text, such as base64, raise as well
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        fail(f"--encoding {name}: unknown; expected a name such as utf-8, utf-16, latin-1, windows-1252, shift_jis")
    return "utf-8-sig" if codec == "utf-8" else codec


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        fail(f"{path}: not UTF-8 text")
