"""Drift: the population stability index (PSI) of each column between the training rows and the predicted rows.

Source: Yurdakul and Naranjo 2020, "Statistical properties of the population stability
index", Journal of Risk Model Validation.
"""

import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ml_census.schema import Column, Columns, Schema

MIN_ROWS = 1000
"""Minimum number of counted rows for a PSI. Without drift the PSI is about bins / rows:
large for few rows."""
WINDOW_ROWS = 20_000
"""Number of counted rows at which all counts are halved. Older rows thus have less
weight than newer rows."""
MAX_SAMPLED_ROWS = 100
"""Maximum number of counted rows of a request, at equal distances.

To count all rows of a large request would take a third of the time of the prediction.
"""
MIN_SHARE = 0.0001
"""Minimum share of a bin. A smaller share is replaced, because the PSI is not defined
for 0."""


class DriftMonitor:
    """Counter of predicted values for the columns with a known training distribution. All methods are thread-safe.

    Columns that the model ignores are left out: clients can omit these columns.
    """

    def __init__(self, schema: Schema) -> None:
        """Start without counted rows."""
        observed = [(index, column, column.training) for index, column in enumerate(schema.columns)]
        known = [(index, column, training) for index, column, training in observed if training and not column.dropped]
        self._training = [(str(column.name), training.frequencies) for _, column, training in known]
        self._bins = [(index, _bin_function(column)) for index, column, _ in known]
        self._counts = [[0.0] * len(frequencies) for _, frequencies in self._training]
        self._rows = 0.0
        self._lock = threading.Lock()

    def observe(self, columns: Columns) -> None:
        """Count the values of predicted rows, maximum MAX_SAMPLED_ROWS rows for each call.

        `columns` has a sequence of values for each column of the schema.
        """
        if not self._bins:
            return
        rows = len(columns[0])
        step = -(-rows // MAX_SAMPLED_ROWS)
        with self._lock:
            for (index, bin_of), counts in zip(self._bins, self._counts, strict=True):
                for value in columns[index][::step]:
                    counts[bin_of(value)] += 1
            self._rows += len(range(0, rows, step))
            self._halve_full_window()

    def _halve_full_window(self) -> None:
        if self._rows >= WINDOW_ROWS:
            self._rows /= 2
            self._counts = [[count / 2 for count in counts] for counts in self._counts]

    def psi_by_column(self) -> Mapping[str, float]:
        """Return column name -> PSI, for each column with a known training distribution.

        Empty below MIN_ROWS rows. By convention, a PSI above 0.1 is moderate, and above
        0.25 strong drift.
        """
        with self._lock:
            if self._rows < MIN_ROWS:
                return {}
            current = [[count / self._rows for count in counts] for counts in self._counts]
        return {
            name: population_stability_index(frequencies, shares)
            for (name, frequencies), shares in zip(self._training, current, strict=True)
        }


def population_stability_index(training: Sequence[float], current: Sequence[float]) -> float:
    """Return the PSI of two distributions over the same bins. Each argument has the relative frequency of each bin."""
    pairs = [(max(old, MIN_SHARE), max(new, MIN_SHARE)) for old, new in zip(training, current, strict=True)]
    return sum((new - old) * math.log(new / old) for old, new in pairs)


def _bin_function(column: Column) -> Callable[[Any], int]:
    """Return a function that returns the bin index of a value. The last bin is for missing and unknown values."""
    last = len(column.training.frequencies) - 1 if column.training else 0
    if column.type == "category" or not column.training:
        indices = {value: index for index, value in enumerate(column.json_categories)}
        return lambda value: indices.get(value, last)
    bin_edges: Sequence[Any] = column.training.bin_edges
    if column.type == "text":
        return lambda value: last if value is None else bisect_left(bin_edges, len(value))

    def bin_of(value: Any) -> int:
        return last if value is None or value != value else bisect_left(bin_edges, value)

    return bin_of
