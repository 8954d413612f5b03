"""`ml-census score`: predicts the rows of Parquet or CSV files, alone or as one of many processes."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from ml_census.cli.ending import UNUSABLE, fail, fail_on

if TYPE_CHECKING:
    from ml_census.batch.completion import State

TERMINATED = 128 + signal.SIGTERM
"""Exit code after SIGTERM, as a shell reports it (143)."""
MAX_LISTED = 10
"""Maximum number of unfinished parts that a message lists."""


class Options(TypedDict):
    """Values of the arguments and options of `ml-census score`."""

    model: str
    source: str
    output: str
    keep: tuple[str, ...]
    keep_all: bool
    max_rejected: float
    reasons: int
    shard_index: int
    shard_count: int
    threads: int
    model_sha256: str | None
    only_check: bool


@click.command(epilog="Example: ml-census score gs://BUCKET/model 'gs://BUCKET/in/*.parquet' gs://BUCKET/out")
@click.argument("model")
@click.argument("source", metavar="INPUT")
@click.argument("output")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Column of the input that the output has too; can be "
              "repeated.")  # fmt: skip
@click.option("--keep-all", is_flag=True, help="The output has all columns of the input.")
@click.option("--max-rejected", default=0.0, show_default=True, type=click.FloatRange(0, 1), metavar="SHARE",
              help="Maximum share of invalid rows in a part, about a million rows. Above, the run fails.")  # fmt: skip
@click.option("--reasons", default=0, show_default=True, type=click.IntRange(0), metavar="N", help="Maximum number of "
              "reasons for each row: columns with the largest effects on the prediction.")  # fmt: skip
@click.option("--shard-index", default=0, show_default=True, type=click.IntRange(0), help="Number of this process, "
              "from 0, of --shard-count processes with the same input and output.")  # fmt: skip
@click.option("--shard-count", default=1, show_default=True, type=click.IntRange(1), help="Number of processes.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Number of threads, each with "
              "a part in memory.")  # fmt: skip
@click.option("--model-sha256", metavar="HEX", help="SHA-256 of manifest.json of the model. The command rejects "
              "another model.")  # fmt: skip
@click.option("--check", "only_check", is_flag=True, help="Score nothing: check whether the run is complete.")
def score(**options: Unpack[Options]) -> None:
    """Predict the rows of INPUT with the published MODEL, and write Parquet files to the folder OUTPUT.

    MODEL, INPUT and OUTPUT are local or gs://. INPUT is a file, a folder or a glob
    pattern. A repeated command continues an interrupted run.
    """
    if options["keep"] and options["keep_all"]:
        raise click.UsageError("--keep and --keep-all exclude each other")
    index, count = options["shard_index"], options["shard_count"]
    if index >= count:
        raise click.UsageError(f"--shard-index {index} must be below --shard-count {count}")
    signal.signal(signal.SIGTERM, _end_at_once)
    with _fail_in_one_line():
        state = _score(options)
    _report(options["output"], state, options["only_check"])


def _score(options: Options) -> "State":
    """Score the parts of this process, or none with --check. Return the state of the run."""
    try:
        from ml_census.batch import run
        from ml_census.batch.plan import Settings
    except ModuleNotFoundError as error:
        fail(f"score needs the extra: pip install 'ml-census[batch]' ({error})", UNUSABLE)
    model, output, sha256 = options["model"], options["output"], options["model_sha256"]
    keep = None if options["keep_all"] else tuple(dict.fromkeys(options["keep"]))
    settings = Settings(options["source"], keep, options["max_rejected"], options["reasons"])
    if options["only_check"]:
        return run.check(model, output, settings, sha256)
    shard = run.Shard(options["shard_index"], options["shard_count"])
    return run.score(model, output, settings, shard, options["threads"], sha256)


def _report(output: str, state: "State", only_check: bool) -> None:
    """Print the state of the run. Exit with code 1 if --check finds unfinished parts."""
    if state.totals is not None:
        rows, rejected = state.totals["rows_in"], state.totals["rows_rejected"]
        click.echo(f"{output}: complete: {rows} rows, {rejected} rejected", err=True)
        return
    shown = ", ".join(map(str, state.missing[:MAX_LISTED])) + (", …" if len(state.missing) > MAX_LISTED else "")
    text = f"{output}: {len(state.missing)} of {state.parts} parts are not finished: {shown}"
    if only_check:
        fail(text)
    click.echo(text, err=True)


@contextmanager
def _fail_in_one_line() -> Iterator[None]:
    """Exit with one line for an error and for an interrupt. The code is 65 if no retry can succeed."""
    from ml_census.batch.errors import BatchError
    from ml_census.errors import ArtifactError
    from ml_census.storage import ObjectNotFoundError, StorageError

    try:
        with fail_on(StorageError), fail_on(BatchError, ObjectNotFoundError, code=UNUSABLE):
            yield
    except ArtifactError as error:
        fail(error, UNUSABLE)
    except KeyboardInterrupt:
        fail("interrupted: the same command continues the run", 130)


def _end_at_once(*_: Any) -> None:
    """End the process within a part. The next run scores the part again.

    The signal can arrive while ml_census.storage is being imported.
    """
    discard = getattr(sys.modules.get("ml_census.storage"), "discard_unfinished", None)
    if discard is not None:
        discard()
    os.write(2, b"ml-census: ended by SIGTERM: the same command continues the run\n")
    os._exit(TERMINATED)
