"""Predict test rows with the predictor that the server uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml_census.engine.predictor import Predictor
from ml_census.schema import Columns, Value

UNKNOWN = -1
"""Code of a class that the model does not have."""


@dataclass(frozen=True)
class ClassPredictions:
    """True and predicted classes of test rows as codes: positions in `labels`, int64 (rows,).

    `labels` has the text of each class. `probabilities` is float64 (rows, classes), or
    None if the model has none.
    """

    labels: list[str]
    truth: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray | None

    @property
    def wrong(self) -> np.ndarray:
        """True for each row with a wrong prediction."""
        return np.asarray(self.truth != self.predicted)


def validated_columns(predictor: Predictor, rows: pd.DataFrame) -> Columns:
    """Return the values of `rows` as the server passes them to the model.

    The first columns of `rows` are the columns of the model, in its order. Raises
    InvalidRowsError if a row is invalid.
    """
    columns = [json_values(rows.iloc[:, index]) for index in range(len(predictor.schema.columns))]
    return predictor.schema.validate_rows([list(row) for row in zip(*columns, strict=True)]).columns


def json_values(values: pd.Series) -> list[Any]:
    """Return the values of a column as JSON has them: dates as ISO 8601 texts, missing values as None."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.map(lambda date: date.isoformat(), na_action="ignore")
    listed = values.astype(object).where(values.notna(), None).tolist()
    return [value.item() if isinstance(value, np.generic) else value for value in listed]


def class_codes(classes: Sequence[Any], values: Sequence[Any]) -> np.ndarray:
    """Return the position of each value in `classes`, or UNKNOWN: int64 (values,)."""
    positions = {value: position for position, value in enumerate(classes)}
    return np.array([positions.get(value, UNKNOWN) for value in values], dtype=np.int64)


def class_labels(classes: Sequence[Any], texts: Mapping[Any, str] | None) -> list[str]:
    """Return the text of each class. `texts` has classes, or the text of classes, as keys."""
    known = texts or {}
    return [str(known.get(value, known.get(str(value), value))) for value in classes]


def predict_classes(
    predictor: Predictor, columns: Columns, truth: np.ndarray, texts: Mapping[Any, str] | None
) -> ClassPredictions:
    """Return the predictions of a classifier for validated rows. `truth` has the codes of the true classes."""
    classes = predictor.classes or []
    shares = np.asarray(predictor.probabilities(columns), dtype=np.float64) if predictor.has_probabilities else None
    predicted = class_codes(classes, predictor.predict(columns))
    return ClassPredictions(class_labels(classes, texts), truth, predicted, shares)


def take(columns: Columns, positions: Sequence[int]) -> list[list[Value]]:
    """Return the rows at `positions`, column by column."""
    return [[values[position] for position in positions] for values in columns]
