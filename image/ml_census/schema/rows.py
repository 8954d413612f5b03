"""Data classes for the rows of a prediction request, before and after validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np

from ml_census.schema.values import Value

MAX_DETAILS = 20
"""Maximum number of invalid or unknown values that a response lists. The response
counts all of them."""

Columns = Sequence[Sequence[Value]]
"""One or more rows as a sequence of values for each column, in the order of the
schema."""


class DictionaryColumn(Sequence[Value]):
    """The values of a column as a list of distinct values, and the position of each row's value in this list.

    `indices` has integers, (rows,).
    """

    def __init__(self, values: Sequence[Value], indices: np.ndarray) -> None:
        self.values, self.indices = values, indices

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.indices)

    @overload
    def __getitem__(self, row: int) -> Value: ...
    @overload
    def __getitem__(self, row: slice) -> "DictionaryColumn": ...
    def __getitem__(self, row: int | slice) -> "Value | DictionaryColumn":
        """Return the value of a row, or the column of several rows."""
        if isinstance(row, slice):
            return DictionaryColumn(self.values, self.indices[row])
        return self.values[int(self.indices[row])]


Detail = dict[str, Any]
"""Description of a value, with the keys row (index from 0), column, got and expected.

The description of a whole row has no key column.
"""


@dataclass(frozen=True)
class Rows:
    """Valid rows of a request."""

    columns: Columns
    unknown: list[Detail] = field(default_factory=list)
    """One entry for each accepted category that did not occur in training."""
    ignored: int = 0
    """Number of columns in the request that the model does not have."""


@dataclass(frozen=True)
class OrderedRows:
    """Rows before the validation of their values. Each row has its values in the order of the schema."""

    rows: Sequence[Sequence[object]]
    problems: Mapping[int, Detail] = field(default_factory=dict)
    """Row index -> description of a row with the wrong columns. `rows` has an empty row
    at this index."""
    ignored: int = 0
    """Number of columns in the request that the model does not have."""
