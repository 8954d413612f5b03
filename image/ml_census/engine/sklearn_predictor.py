"""Predict with scikit-learn itself."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import joblib
import numpy as np

from ml_census.engine.failure_location import first_rejected_row, rejected_column
from ml_census.engine.model_input import to_model_input
from ml_census.engine.predictor import PredictionError, redacted_reason
from ml_census.engine.sklearn_output import class_labels, probabilities_by_row, squeeze_single_target, to_python
from ml_census.schema import Columns, Schema

MAX_BLOCK_ROWS = 1000
"""Maximum number of rows in one call of scikit-learn (default 1000).

scikit-learn takes about 15 kB of memory for a row of the census pipeline. A few large requests would
fill the memory of a pod.
"""


class SklearnPredictor:
    """Predictor that calls a fitted scikit-learn model.

    Raises SchemaError if JSON cannot represent the classes of the model, such as dates.
    """

    def __init__(self, model: Any, schema: Schema) -> None:
        """Initialize with a fitted model and its columns."""
        self.model = model
        self.schema = schema
        self._labels = class_labels(model)

    @property
    def classes(self) -> list[Any] | None:
        """The values that the model may predict, or None for a regressor and for several outputs."""
        return None if self._has_several_outputs else self._labels

    @cached_property
    def outputs(self) -> list[list[Any]] | None:
        """The values of each output of a model that predicts a list of classes, or None for any other model."""
        if not self._has_several_outputs:
            return None
        classes = getattr(self.model, "classes_", None)
        if isinstance(classes, list):
            return [to_python(np.asarray(values)) for values in classes]
        count = len(self._labels) if self._example is None and self._labels else self._output_count
        return None if classes is None else [[0, 1] for _ in range(count)]

    @property
    def has_probabilities(self) -> bool:
        """Whether the model gives a probability for each of its classes, or for each class of its outputs."""
        return (self.classes or self.outputs) is not None and hasattr(self.model, "predict_proba")

    @cached_property
    def _example(self) -> tuple[Columns, Any] | None:
        """A row that the model accepts, and its prediction; None if no example of the schema is accepted."""
        for example in self.schema.example_rows():
            try:
                (prediction,) = self.predict(example)
            except PredictionError:
                continue
            return example, prediction
        return None

    @property
    def _output_count(self) -> int:
        return len(self._example[1]) if self._example and isinstance(self._example[1], list) else 1

    @cached_property
    def _has_several_outputs(self) -> bool:
        """Whether the model predicts a list of values for each row.

        The prediction of an example decides. Estimators that contain other models list classes in different ways.
        """
        if self._example is not None:
            return self._output_count > 1
        classes = getattr(self.model, "classes_", None)
        return bool(getattr(self.model, "multilabel_", False)) or (isinstance(classes, list) and len(classes) > 1)

    def predict(self, columns: Columns) -> list[Any]:
        """Return a class or a number for each row; a list of these for a model of several outputs.

        Raises PredictionError.
        """
        return self._predict_in_blocks(
            lambda rows: squeeze_single_target(to_python(np.asarray(self.model.predict(rows)))), columns
        )

    def probabilities(self, columns: Columns) -> list[list[Any]]:
        """Return one list for each row, in the order of `classes`; with `outputs`, a list for each output.

        Raises PredictionError.
        """
        return self._predict_in_blocks(
            lambda rows: probabilities_by_row(self.model.predict_proba(rows), self.outputs), columns
        )

    def _predict_in_blocks(self, method: Callable[[Any], list[Any]], columns: Columns) -> list[Any]:
        """Return the results of a method for all rows, with maximum MAX_BLOCK_ROWS rows in each call.

        One request uses one thread, for any n_jobs of the model and of its parts. The pools of joblib cost more time
        than they save, and pods have few cores.
        """
        predictions: list[Any] = []
        with joblib.parallel_config(backend="sequential"):
            for first in range(0, len(columns[0]), MAX_BLOCK_ROWS):
                block = [values[first : first + MAX_BLOCK_ROWS] for values in columns]
                try:
                    predictions += method(to_model_input(self.schema, block))
                except Exception as error:  # the model predicted an example at the start, so these rows are the cause
                    raise self._prediction_error(method, block, first, error) from error
        return predictions

    def _prediction_error(
        self, method: Callable[[Any], list[Any]], block: Columns, first: int, cause: Exception
    ) -> PredictionError:
        """Return the error for a block of rows: the first rejected row, and the column if a search finds it."""

        def accepts(columns: Columns) -> bool:
            try:
                method(to_model_input(self.schema, columns))
            except Exception:
                return False
            return True

        row = first_rejected_row(accepts, block)
        column = None
        if (example := self.__dict__.get("_example")) is not None:  # not computed here: that would predict again
            column = rejected_column(accepts, [values[row : row + 1] for values in block], example[0])
        name = None if column is None else self.schema.columns[column].name
        return PredictionError(first + row, name, redacted_reason(cause, (values[row] for values in block)))
