"""Choose the rows of golden.json, which each server predicts before it uses the model."""

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from ml_census.schema import Value
from ml_census.training.data.labelled_rows import LabelledRows
from ml_census.training.data.validation import to_json_value

ROWS = 20
"""Maximum number of golden rows (20)."""
MAX_ROW_BYTES = 4096
"""Maximum size of a golden row as JSON (4 KiB). Text columns can have documents of any
length."""


def choose_golden_rows(test: LabelledRows, width: int, classes: Sequence[Any] | None) -> list[list[Value]]:
    """Return at most ROWS rows of the first `width` columns, as JSON represents them.

    The rows are the first ones of each class, or have targets at equal distances in
    their order. The same rows always give the same choice. `classes` is None for a
    regressor.
    """
    if classes is None:
        order = np.argsort(test.target.to_numpy(), kind="stable")
        places = np.unique(np.linspace(0, len(order) - 1, ROWS).round().astype(int))
        return [row for row in (_row(test, width, at) for at in order[places].tolist()) if _fits(row)]
    codes = test.target.map({value: code for code, value in enumerate(classes)}).to_numpy()
    present = np.unique(codes)[:ROWS]
    chosen = (_first_rows(test, width, np.flatnonzero(codes == code), ROWS // len(present)) for code in present)
    return [row for rows in chosen for row in rows]


def _first_rows(test: LabelledRows, width: int, positions: np.ndarray, count: int) -> list[list[Value]]:
    rows = (_row(test, width, position) for position in positions.tolist())
    return list(islice((row for row in rows if _fits(row)), count))


def _fits(row: list[Value]) -> bool:
    return len(json.dumps(row)) <= MAX_ROW_BYTES


def _row(test: LabelledRows, width: int, position: int) -> list[Value]:
    return [_plain(value) for value in test.rows.iloc[position, :width]]


def _plain(value: Any) -> Value:
    value = to_json_value(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value  # type: ignore[no-any-return]
