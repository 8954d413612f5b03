"""`ml-census publish`: compiles a model and writes the folder that a server loads."""

import hashlib

import click

from ml_census.cli.ending import fail, fail_on


@click.command(epilog="Example: ml-census publish --model model.pkl --output gs://BUCKET/model")
@click.option("--model", required=True, metavar="FILE|gs://…", help="Fitted model, written by joblib or pickle.")
@click.option("--output", required=True, metavar="FOLDER|gs://…", help="Folder for the published model.")
@click.option("--decoding", metavar="FILE|gs://…", help="JSON object from class to the text of the prediction.")
@click.option("--schema", metavar="FILE|gs://…", help='A schema.json, or its changed columns alone, without "form".')
@click.option("--golden", metavar="FILE|gs://…",
              help='JSON, {"inputs": [row, ...]}: a server checks their predictions before it serves.')  # fmt: skip
@click.option("--trusted-global", "trusted", multiple=True, metavar="MODULE.NAME",
              help="Further global that the pickle may reference; can be repeated.")  # fmt: skip
def publish(
    model: str, output: str, decoding: str | None, schema: str | None, golden: str | None, trusted: tuple[str, ...]
) -> None:
    """Compile a model, verify its predictions, and write the folder that a server loads.

    A server loads a compiled model without unpickling.
    """
    from ml_census.errors import ArtifactError
    from ml_census.storage import StorageError

    click.echo("compiling and verifying …", err=True)
    try:
        from ml_census.models.publishing import publish_files
    except ImportError as error:
        fail(f"publish needs scikit-learn ({error})")
    with fail_on(ArtifactError), fail_on(StorageError, subject=output):
        engine = publish_files(model, output, decoding, schema, golden, trusted)
        click.echo(f"published in {output}: {engine}", err=True)
        if trusted and engine.kind == "sklearn":
            _show_manifest_hash(output, trusted)


def _show_manifest_hash(output: str, trusted: tuple[str, ...]) -> None:
    """Print the value of model_sha256 with which a server trusts the globals that manifest.json lists."""
    from ml_census import storage

    digest = hashlib.sha256(storage.read(storage.join(output, "manifest.json"))).hexdigest()
    names = ", ".join(trusted)
    click.echo(f'a server needs model_sha256: "{digest}" to trust the manifest, which lists {names}', err=True)
