"""A row that a model predicts, made from its schema."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ml_census.engine.predictor import PredictionError, Predictor
from ml_census.schema import Schema


class TrialRow(NamedTuple):
    """A row that a client can send, and the prediction of the row."""

    row: Any
    """An object by column name, or a list if the columns have no names. JSON can
    represent the row."""
    prediction: Any
    """The prediction as the model made it."""


def find_trial_row(predictor: Predictor) -> TrialRow | None:
    """Return the first of some typical and example rows that the model predicts, or None if it predicts none."""
    for values in _candidates(predictor.schema):
        columns = predictor.schema.validate_rows([values]).columns
        try:
            (prediction,) = predictor.predict(columns)
        except PredictionError:
            continue
        return TrialRow(_as_row(predictor.schema, values), prediction)
    return None


def _candidates(schema: Schema) -> Iterator[list[Any]]:
    """Yield rows of typical values of the training data. Columns without a typical value have an example value."""
    typical = [column.training and column.training.typical for column in schema.columns]
    for example in schema.example_rows():
        yield [_to_json(values[0]) if value is None else value for value, values in zip(typical, example, strict=True)]


def _to_json(value: Any) -> Any:
    """Return None for NaN, which JSON cannot represent."""
    return None if value != value else value


def _as_row(schema: Schema, values: list[Any]) -> Any:
    if not all(isinstance(column.name, str) for column in schema.columns):
        return values
    return {column.name: value for column, value in zip(schema.columns, values, strict=True) if not column.dropped}
