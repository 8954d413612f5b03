"""Rows of a request: valid ones column by column, and rows of any form in the order of the columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml_census.schema.values import Value

MAX_DETAILS = 20
"""Maximum number of details in a response; more are only counted."""

Columns = Sequence[Sequence[Value]]
"""One or more rows, column by column in the order of the schema."""
Detail = dict[str, Any]
"""Keys row, column, got and expected; without column it is about the whole row."""


@dataclass(frozen=True)
class Rows:
    """Valid rows."""

    columns: Columns
    unknown: list[Detail] = field(default_factory=list)
    """Values that the model does not know."""
    ignored: int = 0
    """Number of columns that the rows have and the model does not have."""


@dataclass(frozen=True)
class OrderedRows:
    """Rows of unchecked values in the order of the columns."""

    rows: Sequence[Sequence[object]]
    problems: Mapping[int, Detail] = field(default_factory=dict)
    """Index of each row that has no valid form -> what is wrong with it. That row is empty in `rows`."""
    ignored: int = 0
    """Number of columns that the rows have and the model does not have."""
