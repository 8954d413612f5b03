"""The model as scikit-learn itself predicts with it."""

from typing import Any

import joblib
import numpy as np

from ml_census.engine.predictor import PredictionError
from ml_census.schema import Columns, Schema

ROWS_AT_ONCE = 1000
"""scikit-learn takes some 15 kB for a row of the article's model: all rows of a few large requests filled a pod."""


class Original:
    """A fitted scikit-learn model with the columns that it takes."""

    def __init__(self, model: Any, schema: Schema) -> None:
        self.model = model
        self.schema = schema
        self.classes = _classes(model)
        """The values that the model may answer with, or None if these cannot be listed (a regressor)."""
        self.has_probabilities = self.classes is not None and hasattr(model, "predict_proba")

    def predict(self, columns: Columns) -> list[Any]:
        """One answer a row: a class, or a number. Raises PredictionError."""
        return _asked(self.model.predict, self._arranged, columns)

    def probabilities(self, columns: Columns) -> list[list[float]]:
        """One list a row, in the order of `classes`. Raises PredictionError."""
        return _asked(self.model.predict_proba, self._arranged, columns)

    def _arranged(self, columns: Columns) -> Any:
        """The rows in the form in which the model was trained to take them."""
        if self.schema.form == "frame":
            return self._frame(columns)
        if self.schema.form == "documents":
            return list(columns[0])
        rows = list(zip(*columns, strict=True))
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

    def _frame(self, columns: Columns) -> Any:
        import pandas as pd  # half a second and 40 MB that models trained on arrays do without

        # Numbers and unknown kinds become what pandas makes of them, as in a frame of the client's own.
        return pd.DataFrame(
            {
                column.name: pd.Series(list(values), dtype=object if column.kind == "category" else None)
                for column, values in zip(self.schema.columns, columns, strict=True)
            }
        )


def _asked(method: Any, arrange: Any, columns: Columns) -> list[Any]:
    # One request is one thread, whatever n_jobs says in the model or in its parts: joblib's pools cost more than they
    # bring, and pods have few cores.
    with joblib.parallel_config(backend="sequential"):
        return _in_blocks(method, arrange, columns)


def _in_blocks(method: Any, arrange: Any, columns: Columns) -> list[Any]:
    answer: list[Any] = []
    for first in range(0, len(columns[0]), ROWS_AT_ONCE):
        block = [values[first : first + ROWS_AT_ONCE] for values in columns]
        try:
            answer += np.asarray(method(arrange(block))).tolist()
        except Exception as error:  # the model was tried out at the start: what fails now, fails for these rows
            raise PredictionError(first + _first_refused(method, arrange, block)) from error
    return answer


def _first_refused(method: Any, arrange: Any, columns: Columns) -> int:
    """The place of the first row that the model refuses, by halving: about twice the work of one more try."""
    first, end = 0, len(columns[0])
    while end - first > 1:
        middle = (first + end) // 2
        try:
            method(arrange([values[first:middle] for values in columns]))
            first = middle
        except Exception:
            end = middle
    return first


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
