"""Find the columns of the model in a table, and check their types once for each file."""

from collections import Counter
from collections.abc import Callable, Sequence

import pyarrow as pa

from ml_census.batch.errors import BatchError
from ml_census.schema import Column, Schema

_is = pa.types
_TEXT = (_is.is_string, _is.is_large_string, _is.is_string_view)
_DATES = (_is.is_date, _is.is_timestamp)
_NUMBERS = (*_TEXT, _is.is_boolean, _is.is_integer, _is.is_floating, _is.is_decimal)
ACCEPTED: dict[str, Sequence[Callable[[pa.DataType], bool]]] = {
    "number": _NUMBERS,
    "category": (*_NUMBERS, *_DATES),
    "any": (*_NUMBERS, *_DATES),
    "text": _TEXT,
    "date": (*_TEXT, *_DATES),
}
"""Type of a column of the model -> checks of the types of Parquet columns with such values.

A server also accepts numbers as text, and numbers and dates in place of categories.
"""


def find_columns(uri: str, types: pa.Schema, schema: Schema, keep: Sequence[str] | None) -> list[str]:
    """Return the names of the columns to read: those of the model, then those of `keep`, or all others for None.

    `types` has the columns of the table, and `uri` names the table in errors. A column
    that the model ignores may be missing. Raises BatchError for a missing or ambiguous
    column, or a wrong type.
    """
    counts = Counter(types.names)
    found = [column for column in schema.columns if counts[str(column.name)]]
    wanted = [*(str(column.name) for column in found), *(types.names if keep is None else keep)]
    _check_names(uri, counts, [*schema.required, *(keep or ())], wanted)
    for column in found:
        _check_type(uri, column, types.field(str(column.name)).type)
    return list(dict.fromkeys(wanted))


def _check_names(uri: str, counts: Counter[str], needed: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise BatchError if a needed column is missing, or if the table has several columns with a wanted name."""
    if missing := [name for name in needed if not counts[name]]:
        raise BatchError(f"{uri}: has no column {missing[0]}{_others(missing)}")
    if twice := [name for name in wanted if counts[name] > 1]:
        raise BatchError(f"{uri}: has several columns {twice[0]}")


def _others(missing: Sequence[str]) -> str:
    return f", and lacks {len(missing) - 1} more of the columns that the run needs" if len(missing) > 1 else ""


def _check_type(uri: str, column: Column, given: pa.DataType) -> None:
    inner = given.value_type if _is.is_dictionary(given) else given
    if not _is.is_null(inner) and not any(accepts(inner) for accepts in ACCEPTED[column.type]):
        raise BatchError(
            f"{uri}: column {column.name} has the type {given}, which is no type of a {column.type} column"
        )
