"""How far the rows that are predicted have moved from those of the training: the population stability index (PSI).

Yurdakul and Naranjo 2020, "Statistical properties of the population stability index", Journal of Risk Model Validation.
"""

import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from ml_census.schema import Column, Columns, Schema, Value

LEAST_ROWS = 1000
"""Of fewer rows nothing is said: the index of rows that have not moved is about bins / rows."""
MOST_ROWS = 20_000
"""At so many all counts are halved, so that old rows are forgotten."""
ROWS_OF_A_REQUEST = 100
"""Of a larger request so many rows, evenly spaced, are looked at: all of them would cost a third of the prediction."""
LEAST_SHARE = 0.0001
"""What a bin without rows counts as, since the index has none for it."""


class DriftMonitor:
    """Counts what is predicted, for the columns whose spread in training is known."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._places = [(place, _bins(column)) for place, column in enumerate(schema.columns) if column.training]
        self._counts = [[0.0] * len(column.training.frequencies) for column in schema.columns if column.training]
        self._rows = 0.0
        self._lock = threading.Lock()

    def see(self, columns: Columns) -> None:
        """These rows, column by column, are predicted."""
        if not self._places:
            return
        rows = len(columns[0])
        step = -(-rows // ROWS_OF_A_REQUEST)
        with self._lock:
            for (place, bin_of), counts in zip(self._places, self._counts, strict=True):
                for value in columns[place][::step]:
                    counts[bin_of(value)] += 1
            self._rows += len(range(0, rows, step))
            if self._rows >= MOST_ROWS:
                self._rows /= 2
                self._counts = [[count / 2 for count in counts] for counts in self._counts]

    def indices(self) -> Mapping[str, float]:
        """The index of each column by its name; none before LEAST_ROWS. Above 0.1 it has moved, above 0.25 far."""
        with self._lock:
            if self._rows < LEAST_ROWS:
                return {}
            shares = [[count / self._rows for count in counts] for counts in self._counts]
        known = [column for column in self._schema.columns if column.training]
        return {
            str(column.name): index(column.training.frequencies, now)
            for column, now in zip(known, shares, strict=True)
            if column.training
        }


def index(before: Sequence[float], now: Sequence[float]) -> float:
    """The population stability index of two lists of shares."""
    pairs = [(max(old, LEAST_SHARE), max(new, LEAST_SHARE)) for old, new in zip(before, now, strict=True)]
    return sum((new - old) * math.log(new / old) for old, new in pairs)


def _bins(column: Column) -> Callable[[Value], int]:
    """From a value to its bin; the last is for what is missing or unknown."""
    last = len(column.training.frequencies) - 1 if column.training else 0
    if column.training and column.type == "number":
        bounds = column.training.bin_edges

        def number(value: Value) -> int:
            return last if value is None or value != value else bisect_left(bounds, value)

        return number
    places = {value: place for place, value in enumerate(column.json_categories)}
    return lambda value: places.get(value, last)
