"""Reasons for predictions: the columns of a row with the largest effects, against a reference row."""

from typing import Any

from ml_census.engine.predictor import NoReasonsError, PredictionError, Predictor, effects_of
from ml_census.engine.runtime.reasons import largest_reasons
from ml_census.schema import Columns, InvalidRowsError

UNPREDICTABLE = "the model cannot predict the reference"


def reasons_of(
    predictor: Predictor, columns: Columns, count: int, reference: object = None
) -> list[list[dict[str, Any]]]:
    """Return the reasons of each row, at most `count`, as dicts with the keys column, value, reference and effect.

    `reference` is a row as a client sends it. None means the row of the typical values
    of the training data. The model must have predicted `columns`. Raises NoReasonsError
    if the model has no reasons, `count` is not in 1 ... columns, or there is no
    reference. Raises InvalidRowsError if the reference does not fit the columns, or if
    the model cannot predict the reference.
    """
    schema = predictor.schema
    if not 1 <= count <= len(schema.columns):
        raise NoReasonsError(f"reasons must be a whole number from 1 to {len(schema.columns)}, the number of columns")
    row = _reference_row(predictor, reference)
    reasons = largest_reasons(schema, columns, row, effects_of(predictor, columns, row), count)
    return [[vars(reason) for reason in each] for each in reasons]


def _reference_row(predictor: Predictor, reference: object) -> Columns:
    row = predictor.schema.typical_row if reference is None else _validated(predictor, reference)
    if row is None:
        raise NoReasonsError(
            'this model has no typical row to compare with: add "reference", a row, to the request, '
            "or publish the model with its training data"
        )
    try:
        predictor.predict(row)
    except PredictionError as error:
        detail = {**error.location, "expected": "values that the model can predict"}
        raise InvalidRowsError(UNPREDICTABLE, [_without_row(detail)]) from error
    return row


def _validated(predictor: Predictor, reference: object) -> Columns:
    try:
        return predictor.schema.validate_rows([reference]).columns
    except InvalidRowsError as error:
        details = [_without_row(detail) for detail in error.details]
        raise InvalidRowsError("the reference does not fit the model's columns", details) from error


def _without_row(detail: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in detail.items() if key != "row"}
