"""The model as scikit-learn itself predicts with it."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import joblib
import numpy as np

from ml_census.engine.predictor import PredictionError, reason
from ml_census.schema.column import Column, Value
from ml_census.schema.schema import Columns, Schema, SchemaError

ROWS_AT_ONCE = 1000
"""scikit-learn takes some 15 kB for a row of the article's model: all rows of a few large requests filled a pod."""
MAX_ITEM = 8
"""The bytes of a float64."""


class SklearnPredictor:
    """A fitted scikit-learn model with the columns that it takes.

    Raises SchemaError for a model whose classes JSON cannot hold.
    """

    def __init__(self, model: Any, schema: Schema) -> None:
        self.model = model
        self.schema = schema
        self._listed = _classes(model)

    @property
    def classes(self) -> list[Any] | None:
        """The values that the model may answer with, or None if these cannot be listed (a regressor)."""
        return None if self._has_several_outputs else self._listed

    @cached_property
    def outputs(self) -> list[list[Any]] | None:
        """The values of each output of a model that answers a list of classes, or None for any other model."""
        if not self._has_several_outputs:
            return None
        found = getattr(self.model, "classes_", None)
        if isinstance(found, list):
            return [plain(np.asarray(values)) for values in found]
        count = len(self._listed) if self._example is None and self._listed else self._width
        return None if found is None else [[0, 1] for _ in range(count)]

    @property
    def has_probabilities(self) -> bool:
        """Whether the model gives a probability for each of its classes, or for each class of its outputs."""
        return (self.classes or self.outputs) is not None and hasattr(self.model, "predict_proba")

    @cached_property
    def _example(self) -> tuple[Columns, Any] | None:
        """A row that the model answers, and its answer; None if no row could be made."""
        for example in self.schema.examples():
            try:
                (answer,) = self.predict(example)
            except PredictionError:
                continue
            return example, answer
        return None

    @property
    def _width(self) -> int:
        return len(self._example[1]) if self._example and isinstance(self._example[1], list) else 1

    @cached_property
    def _has_several_outputs(self) -> bool:
        """What a model answers tells more than its classes: each class that holds other models lists them otherwise."""
        if self._example is not None:
            return self._width > 1
        found = getattr(self.model, "classes_", None)
        return bool(getattr(self.model, "multilabel_", False)) or (isinstance(found, list) and len(found) > 1)

    def predict(self, columns: Columns) -> list[Any]:
        """One answer a row: a class, or a number; a list of these for a model of several outputs. Raises
        PredictionError."""
        return self._asked(lambda rows: _one_target(plain(np.asarray(self.model.predict(rows)))), columns)

    def probabilities(self, columns: Columns) -> list[list[Any]]:
        """One list a row, in the order of `classes`; with `outputs` a list for each output. Raises PredictionError."""
        return self._asked(lambda rows: _by_output(self.model.predict_proba(rows), self.outputs), columns)

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

        return pd.DataFrame(
            {
                column.name: _series(pd, column, values)
                for column, values in zip(self.schema.columns, columns, strict=True)
            }
        )

    def _asked(self, method: Callable[[Any], list[Any]], columns: Columns) -> list[Any]:
        # One request is one thread, whatever n_jobs says in the model or in its parts: joblib's pools cost more than
        # they bring, and pods have few cores.
        with joblib.parallel_config(backend="sequential"):
            return self._in_blocks(method, columns)

    def _in_blocks(self, method: Callable[[Any], list[Any]], columns: Columns) -> list[Any]:
        answer: list[Any] = []
        for first in range(0, len(columns[0]), ROWS_AT_ONCE):
            block = [values[first : first + ROWS_AT_ONCE] for values in columns]
            try:
                answer += method(self._arranged(block))
            except Exception as error:  # the model was tried out at the start: what fails now, fails for these rows
                row = self._first_failing_row(method, block)
                why = reason(error, (values[row] for values in block))
                raise PredictionError(first + row, self._refused_column(method, block, row), why) from error
        return answer

    def _first_failing_row(self, method: Callable[[Any], list[Any]], columns: Columns) -> int:
        """The place of the first row that the model refuses, by halving: about twice the work of one more try."""
        first, end = 0, len(columns[0])
        while end - first > 1:
            middle = (first + end) // 2
            if self._takes(method, [values[first:middle] for values in columns]):
                first = middle
            else:
                end = middle
        return first

    def _refused_column(self, method: Callable[[Any], list[Any]], columns: Columns, row: int) -> str | int | None:
        """The column whose value the model refuses, by halving: the values before it are put into a row that the model
        answers. None without such a row."""
        if (example := self.__dict__.get("_example")) is None:
            return None
        refused, good = [values[row : row + 1] for values in columns], example[0]
        first, end = 0, len(columns)  # with the first values of the row the model answers, with all to the end it fails
        while end - first > 1:
            middle = (first + end) // 2
            if self._takes(method, [*refused[:middle], *good[middle:]]):
                first = middle
            else:
                end = middle
        alone = [*good[:first], refused[first], *good[end:]]
        return None if self._takes(method, alone) else self.schema.columns[first].name

    def _takes(self, method: Callable[[Any], list[Any]], columns: Columns) -> bool:
        try:
            method(self._arranged(columns))
        except Exception:
            return False
        return True


def _series(pd: Any, column: Column, values: Sequence[Value]) -> Any:
    """The values as the model was fitted on them: a whole number in JSON is a float64 where the column was one."""
    if column.dtype == "category":
        known = [value if column.knows(value) else None for value in values]
        return pd.Series(pd.Categorical(known, categories=column.listed))
    if column.kind == "date":
        dates = pd.Series(pd.to_datetime(list(values), format="ISO8601", utc=True))
        is_utc = column.dtype is not None and column.dtype.endswith(", UTC]")
        dates = dates if is_utc else dates.dt.tz_localize(None)
        return dates.astype(column.dtype) if column.dtype else dates
    usual = {"number": "float64", "category": object, "text": object}
    return pd.Series(list(values), dtype=column.dtype or usual.get(column.kind))


def plain(values: np.ndarray) -> list[Any]:
    """An array as lists of Python's own values. Raises SchemaError for what JSON cannot hold."""
    if values.dtype.kind == "O":
        made = [_plain_item(value) for value in values.ravel().tolist()]
        return made if values.ndim == 1 else np.array([*made, None], dtype=object)[:-1].reshape(values.shape).tolist()
    if values.dtype.kind not in "biufUT":
        raise SchemaError(f"the model answers {values.dtype}, which JSON does not have: fit it on text or numbers")
    if values.dtype.itemsize > MAX_ITEM and values.dtype.kind == "f":
        values = values.astype(np.float64)  # a longdouble stays one in a list
    answer: list[Any] = values.tolist()
    return answer


def _plain_item(value: Any) -> Any:
    made = value.item() if isinstance(value, np.generic) else value
    if made is not None and not isinstance(made, str | int | float):
        kind = type(value).__name__
        raise SchemaError(f"the model answers {kind}, which JSON does not have: fit it on text or numbers")
    return made


def _one_target(answers: list[Any]) -> list[Any]:
    """A model that was fitted on one target in a table answers lists of one value: the value is the answer."""
    return (
        [answer[0] for answer in answers]
        if answers and isinstance(answers[0], list) and len(answers[0]) == 1
        else answers
    )


def _by_output(found: Any, outputs: list[list[Any]] | None) -> list[list[Any]]:
    """scikit-learn answers an array for each output, or one array of the probabilities of label 1."""
    if outputs is None:
        shares: list[list[Any]] = np.asarray(found[0] if isinstance(found, list) else found).tolist()
        return shares
    if isinstance(found, list):
        each = [np.asarray(output).tolist() for output in found]
        return [list(row) for row in zip(*each, strict=True)]
    return [[[1 - share, share] for share in row] for row in np.asarray(found).tolist()]


def _classes(model: Any) -> list[Any] | None:
    """Classifiers list their classes; clusterers have labelled what they were trained on; mixtures number theirs."""
    found = getattr(model, "classes_", None)
    if found is None:
        labels = getattr(model, "labels_", None)
        found = None if labels is None else np.unique(labels)
    if found is None and hasattr(model, "predict_proba") and hasattr(model, "weights_"):
        found = np.arange(len(model.weights_))
    if isinstance(found, list) and len(found) == 1:
        found = np.asarray(found[0])
    if not isinstance(found, np.ndarray) or found.ndim != 1:  # several outputs have a list of arrays
        return None
    return plain(found)
