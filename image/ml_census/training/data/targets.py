"""Find the class of a model, or the number, that each row of a table has in its target column."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ml_census.training.data.tables import Table
from ml_census.training.data.validation import to_json_value

MAX_CLASSES = 10
"""Maximum number of classes that an error message lists (10)."""


def read_target(
    table: Table, name: str, classes: Sequence[Any] | None, labels: Mapping[Any, str] | None = None
) -> pd.Series:
    """Return the class or number of each row; NaN or None for a row without one.

    `classes` are the classes of the model, or None for a regressor. `labels` has the
    text of each class, which the table can have in place of the class. Raises
    ArtifactError if a row has another class, or text in place of a number.
    """
    values = table.frame[name]
    if classes is None:
        return _numbers(table, name, values)
    known = {spelling: value for value in classes for spelling in _spellings(value)}
    known |= {text: value for value, text in (labels or {}).items() if text not in known}
    codes, uniques = pd.factorize(values)
    found: list[Any] = [None] * (len(uniques) + 1)  # code -1, no value, selects the last one
    for code, value in enumerate(map(to_json_value, uniques)):
        match = next((spelling for spelling in _spellings(value) if spelling in known), None)
        if match is None:
            reason = f"{name} is {value!r}, expected a class of the model: {_listed(classes)}"
            raise table.error(reason, int(np.argmax(codes == code)))
        found[code] = known[match]
    return pd.Series(np.array(found, dtype=object)[codes], dtype=object)


def _listed(classes: Sequence[Any]) -> str:
    return ", ".join(map(str, classes[:MAX_CLASSES])) + (", …" if len(classes) > MAX_CLASSES else "")


def _numbers(table: Table, name: str, values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    if (wrong := (numbers.isna() & values.notna()).to_numpy()).any():
        row = int(np.argmax(wrong))
        raise table.error(f"{name} is {values.iloc[row]!r}, expected a number: the model has no classes", row)
    return numbers


def _spellings(value: Any) -> Iterator[str]:
    """Yield the texts of a class: 1, 1.0, true and True can be the same class in a model and in a table."""
    yield str(value).strip()
    if isinstance(value, bool):
        yield str(value).lower()
    if isinstance(value, bool | int | float) and value == int(value):
        yield str(int(value))
