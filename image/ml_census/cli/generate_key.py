"""`ml-census generate-key`: generates a key with which a server signs tokens."""

import os
import secrets
from pathlib import Path

import click

from ml_census.cli.ending import fail


@click.command(epilog="Example: ml-census generate-key --output secret.txt")
@click.option("--output", "path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="New file for the key, with mode 0600.")  # fmt: skip
def generate_key(path: Path | None) -> None:
    """Generate a signing key of 256 random bits. Print the key if there is no --output."""
    key = secrets.token_urlsafe(32)
    if path is None:
        click.echo(key)
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # the file never has another mode
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{key}\n")
    except FileExistsError:
        fail(f"{path}: exists, and a new key ends the tokens of the old one; remove the file first")
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    click.echo(f"a new key is in {path}", err=True)
