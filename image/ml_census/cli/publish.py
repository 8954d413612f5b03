"""`ml-census publish`: compiles a model and writes the folder that a server loads."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from ml_census.cli.ending import fail, fail_on

if TYPE_CHECKING:
    from ml_census.engine.engine_info import EngineInfo


class Options(TypedDict):
    """Values of the options of `ml-census publish`."""

    model: str
    output: str
    decoding: str | None
    schema: str | None
    golden: str | None
    data: str | None
    target: str | None
    test: str | None
    groups: tuple[str, ...]
    name: str | None
    description: str | None
    trusted: tuple[str, ...]


@click.command(epilog="Example: ml-census publish --model model.pkl --output gs://BUCKET/model")
@click.option("--model", required=True, metavar="FILE|gs://…", help="Fitted model, written by joblib or pickle.")
@click.option("--output", required=True, metavar="FOLDER|gs://…", help="Folder for the published model.")
@click.option("--decoding", metavar="FILE|gs://…", help="JSON object from class to the text of the prediction.")
@click.option("--schema", metavar="FILE|gs://…", help='A schema.json, or its changed columns alone, without "form".')
@click.option("--golden", metavar="FILE|gs://…",
              help='JSON, {"inputs": [row, ...]}: a server checks their predictions before it serves.')  # fmt: skip
@click.option(
    "--data",
    metavar="CSV|PARQUET|gs://…",
    help="Training data. publish fills ranges, golden rows, metrics and report.html from them.",
)
@click.option("--target", metavar="COLUMN", help="Column of --data with the true class or number.")
@click.option(
    "--test",
    metavar="CSV|PARQUET|gs://…",
    help="Test data for the metrics. Without test data, the metrics are of training rows.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="COLUMN",
    help="Column by whose values the report shows errors; can be repeated.",
)
@click.option("--name", metavar="TEXT", help="Name of the model, the title of its web page.")
@click.option("--description", metavar="TEXT", help="Description of the model on its web page.")  # fmt: skip
@click.option("--trusted-global", "trusted", multiple=True, metavar="MODULE.NAME",
              help="Further global that the pickle may reference; can be repeated.")  # fmt: skip
def publish(**options: Unpack[Options]) -> None:
    """Compile a model, verify its predictions, and write the folder that a server loads.

    A server loads a compiled model without unpickling.
    """
    complete = _completion(options)
    if complete is None:  # otherwise printed after the steps of the data
        click.echo("compiling and verifying …", err=True)
    output, trusted = options["output"], options["trusted"]
    with _fail_in_one_line(output):
        engine = _publish(options, complete)
        click.echo(f"published in {output}: {engine}", err=True)
        if trusted and engine.kind == "sklearn":
            _show_manifest_hash(output, trusted)


def _publish(options: Options, complete: Any) -> "EngineInfo":
    """Write the folder of the model, completed by a function from _completion(). Return how the model predicts."""
    try:
        from ml_census.models.publishing import publish_files
    except ImportError as error:
        fail(f"publish needs scikit-learn ({error})")
    model, output, decoding, schema = options["model"], options["output"], options["decoding"], options["schema"]
    named = {"name": options["name"], "description": options["description"]}
    about = {key: text for key, text in named.items() if text}
    return publish_files(model, output, decoding, schema, options["golden"], options["trusted"], about, complete)


@contextmanager
def _fail_in_one_line(output: str) -> Iterator[None]:
    """Exit with one line on stderr for an error of the model or of the storage."""
    from ml_census.errors import ArtifactError
    from ml_census.storage import StorageError

    with fail_on(ArtifactError), fail_on(StorageError, subject=output):
        yield


def _completion(options: Options) -> Any:
    """Return the function that completes the publication from data, or None without --data. Raises UsageError."""
    data, target, test, groups = options["data"], options["target"], options["test"], options["groups"]
    if data is None:
        if target or test or groups:
            raise click.UsageError("--target, --test and --group need --data")
        return None
    if target is None:
        raise click.UsageError("--data needs --target, the column with the true class or number")
    try:
        from ml_census.training import publishing
    except ModuleNotFoundError as error:
        fail(f"publish --data needs the extra: pip install 'ml-census[train]' ({error})")
    files = publishing.DataFiles(data, test, target, groups, options["name"], options["description"])
    return partial(publishing.complete_from_files, files=files)


def _show_manifest_hash(output: str, trusted: tuple[str, ...]) -> None:
    """Print the value of model_sha256 with which a server trusts the globals that manifest.json lists."""
    from ml_census import storage

    digest = hashlib.sha256(storage.read(storage.join(output, "manifest.json"))).hexdigest()
    names = ", ".join(trusted)
    click.echo(f'a server needs model_sha256: "{digest}" to trust the manifest, which lists {names}', err=True)
