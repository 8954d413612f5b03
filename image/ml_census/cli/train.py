"""`ml-census train`: trains and publishes the census model of the example."""

import click

from ml_census.cli.ending import fail, fail_on


@click.command(epilog="Example: ml-census train --recipe boosted --data demo --output gs://BUCKET/census")
@click.option("--recipe", type=click.Choice(["article", "boosted"]), default="boosted", show_default=True,
              help="article is the random forest of Intro to ML Deployment with GKE; boosted is smaller, faster and "
              "more accurate.")  # fmt: skip
@click.option("--data", "source", default="demo", show_default=True, metavar="FOLDER|URL|openml|demo",
              help="Folder or URL with adult.data and adult.test. openml downloads a copy. "
              "demo is a synthetic census.")  # fmt: skip
@click.option("--output", required=True, metavar="FOLDER|gs://…", help="Folder for the published model.")
def train(recipe: str, source: str, output: str) -> None:
    """Train the census model of the example, and write the folder that a server loads."""
    try:
        from ml_census.storage import StorageError
        from ml_census.training.census.datasets import DataError
        from ml_census.training.census.train import train as run
    except ModuleNotFoundError as error:
        fail(f"train needs the extra: pip install 'ml-census[train]' ({error})")
    with fail_on(DataError), fail_on(StorageError, subject=output):
        run(recipe, source, output)
