"""`ml-census predict`: sends one row or a file of rows to a running server."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Unpack

import click

from ml_census.cli.ending import fail, fail_on
from ml_census.cli.predict_file import STDIN, STDOUT, score_file
from ml_census.cli.predict_options import Options
from ml_census.cli.predict_row import predict_row
from ml_census.cli.users import entered_password

FILE = click.Path(exists=True, dir_okay=False)
ON_ERROR = ("stop", "skip", "mark")


@click.command(
    epilog="""Example: ml-census predict --url http://127.0.0.1:5090 --user census --row '[39, "Private", ...]', or with
    --input rows.csv --output predictions.csv in place of --row."""
)
@click.option("--url", required=True, help="URL of the server.")
@click.option("--user", "name", help="Name of the user. A server of serve --model needs no user.")
@click.option("--user-file", type=FILE, help="File with the name of the user.")
@click.option("--password-file", type=FILE, help="File with the password. Without it, the command reads "
              "the password from a prompt or a pipe.")  # fmt: skip
@click.option("--row", metavar="JSON", help="One row: a list of values, or an object by column name.")
@click.option("--example", is_flag=True, help="Predict an example row, made from the model's columns in GET /schema.")
@click.option("--expect", metavar="PREDICTION", help="Fail unless this is the prediction of the row.")
@click.option("--input", "source", type=click.Path(exists=True, dir_okay=False, allow_dash=True), help="CSV file "
              "of rows, plain or gzip, with commas, semicolons, tabs or pipes. Without a header, the cells have the "
              "order of the model's columns. - is standard input.")  # fmt: skip
@click.option("--encoding", metavar="NAME", help="Encoding of --input (default: detected among UTF-8, UTF-16 and "
              "Windows-1252).")  # fmt: skip
@click.option("--output", "target", type=click.Path(dir_okay=False, allow_dash=True), help="File for the rows "
              "with their predictions, in UTF-8; an existing file is replaced. A name that ends in .gz compresses "
              "the output. - is standard output. OUTPUT.part has the completed rows until the run ends.")  # fmt: skip
@click.option("--proba", is_flag=True, help="Add the probability of each class.")
@click.option("--reasons", metavar="N", type=click.IntRange(1), help="Add the N columns with the "
              "largest effects on each prediction, against the typical row of the training data.")  # fmt: skip
@click.option("--on-error", type=click.Choice(ON_ERROR), default="stop", show_default=True, help="For a row "
              "that the server rejects: stop the run, skip the row, or mark it in a column error.")  # fmt: skip
@click.option("--batch", default=1000, show_default=True, type=click.IntRange(1), help="Maximum rows in a request. "
              "A request also has maximum 512 KiB, or less if the server accepts less.")  # fmt: skip
def predict(**options: Unpack[Options]) -> None:
    """Log in and predict one row or the rows of a CSV file.

    After an interrupt, the same command resumes the predictions of the CSV file, unless
    --output is -.
    """
    _check_inputs(options)
    name, password = _credentials(options)
    with _fail_in_one_line(options["url"], resumes=bool(options["source"]) and options["target"] != STDOUT):
        _predict(options, name, password)


def _check_inputs(options: Options) -> None:
    """Exit with code 1 if the options do not name the rows, or name standard input for the rows and the password."""
    source, target = options["source"], options["target"]
    inputs = (options["row"] is not None, options["example"], source is not None)
    if inputs.count(True) != 1 or (source is None) != (target is None):
        fail("needs --row, --example, or --input and --output")
    if source == STDIN and (options["name"] or options["user_file"]) and not options["password_file"]:
        fail("--input -: needs --password-file, since standard input holds the rows")


def _predict(options: Options, name: str | None, password: str | None) -> None:
    """Predict the rows of the CSV file, or the row. The client retries requests for a file only."""
    from ml_census.client.session import Client

    url, source, target = options["url"], options["source"], options["target"]
    if source and target:
        with Client(url, name, password) as client:
            score_file(client, source, target, options)
    else:
        with Client(url, name, password, retry_timeout=0) as client:
            predict_row(client, options)


def _credentials(options: Options) -> tuple[str | None, str | None]:
    """Return the user name and the password from the options or a prompt. Return None for both without a user."""
    user_file, password_file = options["user_file"], options["password_file"]
    name = options["name"] or (_first_line(user_file) if user_file else None)
    if name is None:
        return None, None
    if password_file:
        return name, _first_line(password_file)
    return name, entered_password("Password")


@contextmanager
def _fail_in_one_line(url: str, resumes: bool) -> Iterator[None]:
    """Exit with one line on stderr for an error of the client, and for an interrupt (Ctrl-C)."""
    from ml_census.client.csv_input import ScoringError
    from ml_census.client.session import ClientError

    try:
        with fail_on(ScoringError), fail_on(ClientError, subject=url):
            yield
    except KeyboardInterrupt:
        sys.unraisablehook = lambda _: None  # hides the traceback of an interrupt within a constructor of http.client
        fail("interrupted: the same command resumes the run" if resumes else "interrupted", 130)


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        fail(f"{path}: not UTF-8 text")
