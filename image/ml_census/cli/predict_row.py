"""`ml-census predict` for one row: --row or --example."""

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from ml_census.cli.ending import fail
from ml_census.cli.predict_options import Options

if TYPE_CHECKING:
    from ml_census.client.session import Client, PredictionBatch


def predict_row(client: "Client", options: Options) -> None:
    """Print the prediction for the row in --row, or for an example row.

    Exit with code 1 if the prediction is not that of --expect. Raises ClientError if a
    request fails.
    """
    rows = _example_rows(client) if options["example"] else [_parsed_row(str(options["row"]))]
    batch = _first_accepted(client, rows, options["proba"], options["reasons"] or 0)
    _print_prediction(batch)
    if options["expect"] is not None and str(batch.predictions[0]) != options["expect"]:
        fail(f"expected {options['expect']}")


def _print_prediction(batch: "PredictionBatch") -> None:
    """Print the prediction of the only row as JSON, and its unknown categories on stderr."""
    (prediction,) = batch.predictions
    details = {"probabilities": batch.probabilities, "reasons": batch.reasons}
    extras = {key: values[0] for key, values in details.items() if values}
    click.echo(json.dumps({"prediction": prediction} | extras if extras else prediction))
    for warning in batch.examples:
        value = json.dumps(warning.get("got"), ensure_ascii=False)
        click.echo(f"column {warning.get('column')}: {value} is unknown to the model", err=True)


def _example_rows(client: "Client") -> list[object]:
    """Return example rows for the columns in GET /schema; the model accepts at least one row. Raises ClientError."""
    from ml_census.client.session import ClientError
    from ml_census.schema import SchemaError, schema_from_json

    try:
        return [[values[0] for values in columns] for columns in schema_from_json(client.schema()).example_rows()]
    except SchemaError as error:
        raise ClientError(f"/schema: {error}") from error


def _first_accepted(client: "Client", rows: list[object], proba: bool, reasons: int) -> "PredictionBatch":
    """Return the predictions for the first row that the server accepts. Raises ClientError."""
    from ml_census.client.session import RejectedRowError

    *others, last = rows
    for row in others:
        with suppress(RejectedRowError):
            return next(client.predict_batches([row], with_probabilities=proba, reasons=reasons))
    return next(client.predict_batches([last], with_probabilities=proba, reasons=reasons))


def _parsed_row(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        fail(f"--row: not JSON: {error}")
