"""Predict: rows that fit the schema in, plain Python values out."""

from typing import Any

import numpy as np

from ml_census.columns import Value
from ml_census.schema import Schema


class PredictionError(Exception):
    """The model refused rows that its schema allows; the cause is the model's own exception."""


class Predictor:
    """A fitted scikit-learn model with the columns that it takes."""

    def __init__(self, model: Any, schema: Schema) -> None:
        self.model = _single_threaded(model)
        self.schema = schema
        self.classes = _classes(model)
        """The values that the model may answer with, or None if these cannot be listed (a regressor)."""
        self.has_probabilities = self.classes is not None and hasattr(model, "predict_proba")

    def predict(self, rows: list[list[Value]]) -> list[Any]:
        """One answer a row: a class, or a number. Raises PredictionError."""
        return self._asked(self.model.predict, rows)

    def probabilities(self, rows: list[list[Value]]) -> list[list[float]]:
        """One list a row, in the order of `classes`. Raises PredictionError."""
        return self._asked(self.model.predict_proba, rows)

    def _asked(self, method: Any, rows: list[list[Value]]) -> list[Any]:
        try:
            answer: list[Any] = np.asarray(method(self._arranged(rows))).tolist()
        except Exception as error:  # the model was tried out at the start: what fails now, fails for these rows
            raise PredictionError("the model cannot predict these rows") from error
        return answer

    def _arranged(self, rows: list[list[Value]]) -> Any:
        """The rows in the form in which the model was trained to take them."""
        match self.schema.form:
            case "numbers":
                return np.array(rows, dtype=np.float64)
            case "text":
                # As numpy would make of the lists, but no wider than what the model can tell apart: one long value
                # must not widen every cell. 32 is the width of a float64.
                width = max(32, *(column.longest + 1 for column in self.schema.columns))
                return np.array(rows, dtype=f"<U{width}")
            case "objects":
                return np.array(rows, dtype=object)
            case "documents":
                return [row[0] for row in rows]
            case "frame":
                return self._frame(rows)

    def _frame(self, rows: list[list[Value]]) -> Any:
        import pandas as pd  # half a second and 40 MB that models trained on arrays do without

        dtypes = {"number": np.float64, "category": object, "any": None}
        return pd.DataFrame(
            {
                column.name: pd.Series([row[place] for row in rows], dtype=dtypes[column.kind])
                for place, column in enumerate(self.schema.columns)
            }
        )


def _single_threaded(model: Any) -> Any:
    """One request is one thread: joblib's pools cost more than they bring, and pods have few cores."""
    parameters = model.get_params() if hasattr(model, "get_params") else {}
    jobs = {name: None for name in parameters if name == "n_jobs" or name.endswith("__n_jobs")}
    return model.set_params(**jobs) if jobs else model


def _classes(model: Any) -> list[Any] | None:
    """Classifiers list their classes; clusterers have labelled what they were trained on."""
    found = getattr(model, "classes_", None)
    if found is None:
        labels = getattr(model, "labels_", None)
        found = None if labels is None else np.unique(labels)
    if not isinstance(found, np.ndarray) or found.ndim != 1:  # several outputs have a list of arrays
        return None
    classes: list[Any] = found.tolist()
    return classes
