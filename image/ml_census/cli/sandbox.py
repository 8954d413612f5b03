"""`ml-census sandbox`: the child process in which a server checks a pickled model."""

import os
from pathlib import Path

import click

from ml_census.cli.ending import fail


@click.command(hidden=True, epilog="Example: ml-census sandbox FOLDER")
@click.argument("folder", type=click.Path(path_type=Path))
def sandbox(folder: Path) -> None:
    """Check whether the pickled model in FOLDER loads and predicts, for the server that starts this command."""
    from ml_census.models.sandbox.child import check_model

    try:
        check_model(folder)
    except OSError as error:  # too little disk space or memory says nothing about the model
        fail(error.strerror or error, os.EX_TEMPFAIL)
