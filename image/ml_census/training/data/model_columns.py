"""Find the columns of a model in a table."""

from collections.abc import Sequence

from ml_census.schema import Schema

MAX_NAMES = 20
"""Maximum number of columns that an error message lists (20)."""


def model_columns(schema: Schema, names: Sequence[str], target: str, groups: Sequence[str] = ()) -> list[str | None]:
    """Return the name in the table of each column of the model; None for a missing column that the model ignores.

    `names` are the columns of the table. A model that was fitted without names takes
    the columns except the target by position. A text vectorizer takes its only column.
    Raises KeyError with a message if a column is missing or occurs twice.
    """
    _require_columns(names, target, groups)
    others = [name for name in names if name != target]
    if schema.form == "documents":
        return [_text_column(schema.names[0], others, groups)]
    if any(isinstance(column.name, int) for column in schema.columns):
        return [*_by_position(len(schema.columns), others, groups)]
    missing = [name for name in schema.required if name not in others]
    if target in missing:
        raise KeyError(f"the target {target} is a column of the model: expected a column that the model predicts")
    if missing:
        raise KeyError(f"{len(missing)} of the model's columns are missing: {_listed(missing)}")
    return [name if name in others else None for name in schema.names]


def _require_columns(names: Sequence[str], target: str, groups: Sequence[str]) -> None:
    """Raise KeyError if a name occurs twice, or if the target or a group column is missing."""
    if twice := [name for name in names if names.count(name) > 1]:
        raise KeyError(f"two columns have the name {twice[0]}")
    for name, kind in ((target, "target"), *((group, "group") for group in groups)):
        if name not in names:
            raise KeyError(f"no {kind} column {name}; the columns are {_listed(names)}")


def _text_column(name: str, others: Sequence[str], groups: Sequence[str]) -> str:
    candidates = [other for other in others if other not in groups]
    if name in candidates:
        return name
    if len(candidates) != 1:
        raise KeyError(f"the model takes one text: expected one column beside the target, got {_listed(candidates)}")
    return candidates[0]


def _by_position(width: int, others: Sequence[str], groups: Sequence[str]) -> list[str]:
    without_groups = [name for name in others if name not in groups]
    for candidates in (list(others), without_groups):
        if len(candidates) == width:
            return candidates
    reason = "the model was fitted without column names and takes columns by position"
    raise KeyError(f"{len(others)} columns beside the target, expected {width}: {reason}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(str, names[:MAX_NAMES])) + (", …" if len(names) > MAX_NAMES else "")
