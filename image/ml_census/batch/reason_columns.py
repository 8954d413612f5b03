"""The columns of the output for --reasons: the columns of a row with the largest effects on its prediction."""

import numpy as np
import pyarrow as pa

from ml_census.batch.errors import BatchError
from ml_census.engine.predictor import NoReasonsError
from ml_census.engine.reasons import reasons_of
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.reasons import order_by_effect
from ml_census.schema import Columns


class ReasonColumns:
    """The columns for the `count` largest effects of a row, against the typical row: a name and an effect each."""

    def __init__(self, predictor: CompiledPredictor, count: int) -> None:
        """Raise BatchError if the model has no reasons, no typical row, or fewer than `count` columns."""
        self._predictor, self._count = predictor, count
        self.names = [f"{name}_{number}" for number in range(1, count + 1) for name in ("reason", "effect")]
        """Names of the added columns, in their order."""
        typical = predictor.schema.typical_row if count else []
        if typical is None:
            raise BatchError("--reasons: the model has no typical row: publish the model with its training data")
        self._typical: Columns = typical
        self._columns = pa.array([str(column.name) for column in predictor.schema.columns])
        if count:
            self._check()

    def _check(self) -> None:
        try:
            reasons_of(self._predictor, self._typical, self._count)
        except NoReasonsError as error:
            raise BatchError(f"--reasons {self._count}: {error}") from error

    @property
    def types(self) -> list[pa.DataType]:
        """The types of the added columns."""
        return [pa.dictionary(pa.int32(), pa.string()), pa.float64()] * self._count

    def largest(self, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the columns with the largest effects, and these effects: (rows, count) each."""
        effects = self._predictor.effects(columns, self._typical)
        order = order_by_effect(effects, self._count)
        return order, np.take_along_axis(effects, order, axis=1)

    def arrays(self, order: np.ndarray, effects: np.ndarray) -> list[pa.Array]:
        """Return the added columns as Arrow arrays. An effect of 0 is no reason: its values are null."""
        added: list[pa.Array] = []
        for positions, sizes in zip(order.T, effects.T, strict=True):
            no_reason = sizes == 0
            indices = pa.array(positions.astype(np.int32), mask=no_reason)
            added += [pa.DictionaryArray.from_arrays(indices, self._columns), pa.array(sizes, mask=no_reason)]
        return added
