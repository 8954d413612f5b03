"""Predict with a fitted scikit-learn model."""

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

scikit-learn allocates about 15 kB of memory for each row of the census example. Without
this limit, a few large requests would fill the memory of a pod.
"""


class SklearnPredictor:
    """Predictor that calls a fitted scikit-learn model.

    Raises SchemaError if the model has classes that JSON cannot represent, such as
    dates.
    """

    def __init__(self, model: Any, schema: Schema) -> None:
        """Initialize with a fitted model and the schema of its input columns."""
        self.model = model
        self.schema = schema
        self._labels = class_labels(model)

    @property
    def classes(self) -> list[Any] | None:
        """The classes or cluster labels that a model with one output can predict; None for any other model."""
        return None if self._has_several_outputs else self._labels

    @cached_property
    def outputs(self) -> list[list[Any]] | None:
        """A list of classes for each output of a classifier with several outputs; None for any other model.

        Raises SchemaError for classes that JSON cannot represent.
        """
        if not self._has_several_outputs:
            return None
        classes = getattr(self.model, "classes_", None)
        if isinstance(classes, list):
            return [to_python(np.asarray(values)) for values in classes]
        count = len(self._labels) if self._example is None and self._labels else self._output_count
        return None if classes is None else [[0, 1] for _ in range(count)]

    @property
    def has_probabilities(self) -> bool:
        """True if the model has predict_proba() and a known list of classes, for one output or for several outputs."""
        return (self.classes or self.outputs) is not None and hasattr(self.model, "predict_proba")

    @cached_property
    def _example(self) -> tuple[Columns, Any] | None:
        """The first example row that the model accepts, and its prediction; None if the model rejects all examples."""
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
        """True if the model predicts a list of values for each row.

        The prediction of an example row shows this. The format of classes_ differs
        between meta-estimators, so classes_ is read only if the model rejects all
        examples.
        """
        if self._example is not None:
            return self._output_count > 1
        classes = getattr(self.model, "classes_", None)
        return bool(getattr(self.model, "multilabel_", False)) or (isinstance(classes, list) and len(classes) > 1)

    def predict(self, columns: Columns) -> list[Any]:
        """Return a class or a number for each row. For several outputs, return a list of them for each row.

        Raises PredictionError if the model rejects a row, or if JSON cannot represent a
        prediction.
        """
        return self._predict_in_blocks(
            lambda rows: squeeze_single_target(to_python(np.asarray(self.model.predict(rows)))), columns
        )

    def probabilities(self, columns: Columns) -> list[list[Any]]:
        """Return for each row a list of probabilities in the order of `classes`.

        For a model with several outputs, return for each row one such list for each
        output. Raises PredictionError if the model rejects a row or has no
        predict_proba().
        """
        return self._predict_in_blocks(
            lambda rows: probabilities_by_row(self.model.predict_proba(rows), self.outputs), columns
        )

    def _predict_in_blocks(self, method: Callable[[Any], list[Any]], columns: Columns) -> list[Any]:
        """Return the results of a method for all rows, with maximum MAX_BLOCK_ROWS rows in each call.

        scikit-learn ignores n_jobs here and uses one thread. The worker pools of joblib
        would cost more time than they save, since pods have few cores. NumPy does not
        warn about a step such as the logarithm of a negative number.
        """
        predictions: list[Any] = []
        with joblib.parallel_config(backend="sequential"), np.errstate(all="ignore"):
            for first in range(0, len(columns[0]), MAX_BLOCK_ROWS):
                block = [values[first : first + MAX_BLOCK_ROWS] for values in columns]
                try:
                    predictions += method(to_model_input(self.schema, block))
                except Exception as error:  # the model has predicted an example: the rows are the cause
                    raise self._prediction_error(method, block, first, error) from error
        return predictions

    def _prediction_error(
        self, method: Callable[[Any], list[Any]], block: Columns, first: int, cause: Exception
    ) -> PredictionError:
        """Return the error for a block of rows: the first rejected row, and the column if the search finds one."""

        def accepts(columns: Columns) -> bool:
            try:
                method(to_model_input(self.schema, columns))
            except Exception:
                return False
            return True

        row = first_rejected_row(accepts, block)
        name = self._rejected_name(accepts, [values[row : row + 1] for values in block])
        return PredictionError(first + row, name, redacted_reason(cause, (values[row] for values in block)))

    def _rejected_name(self, accepts: Callable[[Columns], bool], row: Columns) -> str | int | None:
        """Return the name of the column that makes the model reject a row, or None if the search finds none."""
        if (example := self.__dict__.get("_example")) is None:  # cached: no further prediction
            return None
        column = rejected_column(accepts, row, example[0])
        return None if column is None else self.schema.columns[column].name
