"""The columns of the output: kept columns, prediction, probabilities, reasons and the version of the model."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ml_census.batch.batch_model import BatchModel
from ml_census.batch.reason_columns import ReasonColumns
from ml_census.schema import Columns, Value

PREDICTION, PROBABILITY, VERSION = "prediction", "probability", "model_version"
CHUNK_ROWS = 8192
"""Rows that the engine predicts at once. Their codes (0.5 MB for 14 columns) fit into
the cache of a core."""


class PredictionColumns:
    """Builder of the added columns of the output, with maximum `reasons` reasons for each row."""

    def __init__(self, model: BatchModel, reasons: int = 0) -> None:
        """Raise BatchError if the model does not have these reasons."""
        self._reasons = ReasonColumns(model.predictor, reasons)
        self._predictor = model.predictor
        self._classes = None if model.classes is None else _class_values(model.classes)
        has_probabilities = model.predictor.has_probabilities
        shown = [str(value) for value in model.classes or ()] if has_probabilities else []
        self.names = [PREDICTION, *(f"{PROBABILITY} {name}" for name in shown), *self._reasons.names, VERSION]
        """Names of the added columns, in their order."""
        self._version = pa.array([model.version])

    def compute(self, columns: Columns) -> list[pa.Array]:
        """Return the added columns of rows, as Arrow arrays. Raises OSError if libkernel.so cannot be loaded."""
        rows = len(columns[0])
        if not rows:
            return [pa.nulls(0, kind) for kind in self._types()]
        starts = range(0, rows, CHUNK_ROWS)
        inputs = [[values[start : start + CHUNK_ROWS] for values in columns] for start in starts]
        chunks = [self._predictor.predict_arrays(each) for each in inputs]
        predictions = np.concatenate([predicted for predicted, _ in chunks])
        shares = [probabilities for _, probabilities in chunks if probabilities is not None]
        version = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int8)), self._version)
        added = _probabilities(np.concatenate(shares)) if shares else []
        return [self._predictions(predictions), *added, *self._reason_arrays(inputs), version]

    def _reason_arrays(self, inputs: list[list[Sequence[Value]]]) -> list[pa.Array]:
        if not self._reasons.names:
            return []
        orders, effects = zip(*map(self._reasons.largest, inputs), strict=True)
        return self._reasons.arrays(np.concatenate(orders), np.concatenate(effects))

    def _types(self) -> list[pa.DataType]:
        """Return the types of the added columns."""
        kind = pa.float64()
        if self._classes is not None:
            kind = (
                pa.dictionary(pa.int32(), pa.string()) if pa.types.is_string(self._classes.type) else self._classes.type
            )
        elif not self._predictor.flat:
            kind = pa.list_(kind, self._predictor.scoring.score_count)
        version = pa.dictionary(pa.int8(), pa.string())
        probabilities = [pa.float64()] * (len(self.names) - len(self._reasons.names) - 2)
        return [kind, *probabilities, *self._reasons.types, version]

    def _predictions(self, predictions: np.ndarray) -> pa.Array:
        if self._classes is not None:
            if pa.types.is_string(self._classes.type):
                return pa.DictionaryArray.from_arrays(pa.array(predictions.astype(np.int32)), self._classes)
            return self._classes.take(pa.array(predictions))
        numbers = predictions.astype(np.float64)
        if numbers.ndim == 1:
            return pa.array(numbers)
        return pa.FixedSizeListArray.from_arrays(pa.array(numbers.ravel()), numbers.shape[1])


def _probabilities(shares: np.ndarray) -> list[pa.Array]:
    """Return a float64 array for each class. A float32 of XGBoost is widened, as in JSON."""
    return [pa.array(column.astype(np.float64)) for column in shares.T]


def _class_values(classes: Sequence[object]) -> pa.Array:
    """Return the classes as an array of one type; as text if they have several types."""
    try:
        return pa.array(classes)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([str(value) for value in classes])


def free_names(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return the names. A name that a kept column already has gets a number: "prediction 2"."""
    free = []
    for name in names:
        numbered = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
        free.append(next(each for each in numbered if each not in taken))
    return free
