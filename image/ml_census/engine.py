"""Predict: rows that fit the schema in, plain Python values out."""

from typing import Any

import numpy as np

from ml_census.columns import Value
from ml_census.schema import Schema


class PredictionError(Exception):
    """The model refused rows that its schema allows: the first of them is `row`. The cause is the model's exception."""

    def __init__(self, row: int) -> None:
        super().__init__("the model cannot predict these rows")
        self.row = row


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
        return _asked(self.model.predict, self._arranged, rows)

    def probabilities(self, rows: list[list[Value]]) -> list[list[float]]:
        """One list a row, in the order of `classes`. Raises PredictionError."""
        return _asked(self.model.predict_proba, self._arranged, rows)

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

        # Numbers and unknown kinds become what pandas makes of them, as in a frame of the client's own.
        return pd.DataFrame(
            {
                column.name: pd.Series(
                    [row[place] for row in rows], dtype=object if column.kind == "category" else None
                )
                for place, column in enumerate(self.schema.columns)
            }
        )


def _asked(method: Any, arrange: Any, rows: list[list[Value]]) -> list[Any]:
    try:
        answer: list[Any] = np.asarray(method(arrange(rows))).tolist()
    except Exception as error:  # the model was tried out at the start: what fails now, fails for these rows
        raise PredictionError(_first_refused(method, arrange, rows)) from error
    return answer


def _first_refused(method: Any, arrange: Any, rows: list[list[Value]]) -> int:
    """The place of the first row that the model refuses, by halving: about twice the work of one more try."""
    first, end = 0, len(rows)
    while end - first > 1:
        middle = (first + end) // 2
        try:
            method(arrange(rows[first:middle]))
            first = middle
        except Exception:
            end = middle
    return first


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
    several = getattr(model, "multilabel_", False)  # answers a list of 0 and 1, whatever its classes_ say
    if several or not isinstance(found, np.ndarray) or found.ndim != 1:  # several outputs have a list of arrays
        return None
    classes: list[Any] = found.tolist()
    return classes
