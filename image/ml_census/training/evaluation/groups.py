"""Errors by group: categories are groups, numbers and dates are split into quarters, long texts by their length."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml_census.training.evaluation.intervals import Estimate, mean, share
from ml_census.training.evaluation.predictions import ClassPredictions

MAX_GROUPS = 12
"""Maximum number of groups of a column (12), without the group of missing values. The
last one has all other values."""
QUARTERS = np.array([0.25, 0.5, 0.75])

Measures = Callable[[np.ndarray], dict[str, Estimate]]
"""A function from rows, bool (rows,), to the measures of these rows by name."""


@dataclass(frozen=True)
class Group:
    """The test rows of one group of `column`, with the measures of its errors by name.

    The measures of a classifier are "wrong" and, with two classes, "false_positives"
    and "false_negatives". The measures of a regressor are "absolute", the mean absolute
    error, and "signed", the mean error.
    """

    column: str
    value: str
    rows: int
    measures: dict[str, Estimate]


def evaluate_groups(rows: pd.DataFrame, names: Sequence[str], measures: Measures) -> list[Group]:
    """Return the groups of each column in `names`. Raises KeyError if `rows` does not have a column."""
    return [Group(name, value, int(here.sum()), measures(here)) for name in names for value, here in split(rows[name])]


def class_measures(predictions: ClassPredictions) -> Measures:
    """Return the measures of a classifier. A false positive is a wrong prediction of the second of two classes."""
    truth, wrong = predictions.truth, predictions.wrong

    def measure(here: np.ndarray) -> dict[str, Estimate]:
        measured = {"wrong": share(wrong[here])}
        if len(predictions.labels) == 2:
            measured["false_positives"] = share(wrong[here & (truth == 0)])
            measured["false_negatives"] = share(wrong[here & (truth == 1)])
        return measured

    return measure


def error_measures(errors: np.ndarray) -> Measures:
    """Return the measures of a regressor. `errors` is the predictions minus the true values."""
    return lambda here: {"absolute": mean(np.abs(errors[here])), "signed": mean(errors[here])}


def split(values: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name of each group and its rows, bool (rows,)."""
    values = _with_parsed_dates(values)
    known = values.notna().to_numpy()
    present = values[known]
    if _is_ordered(present) and present.nunique() > MAX_GROUPS:
        yield from _quarters(values, present, known)
    elif _has_free_text(present):
        lengths = values.astype("str").str.len()
        yield from _quarters(lengths, lengths[known], known, " characters")
    else:
        yield from _categories(values, present)
    if not known.all():
        yield "missing", ~known


def _with_parsed_dates(values: pd.Series) -> pd.Series:
    """Return the dates if all texts of a column are dates in ISO 8601, otherwise the values."""
    if not _has_free_text(values.dropna()):
        return values
    dates = pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    return dates if dates.notna().equals(values.notna()) else values


def _is_ordered(values: pd.Series) -> bool:
    dtype = values.dtype
    numeric = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
    return numeric or pd.api.types.is_datetime64_any_dtype(dtype)


def _has_free_text(values: pd.Series) -> bool:
    """Return whether most texts of the column occur once, as the texts of documents do."""
    distinct = values.nunique()
    return distinct > max(MAX_GROUPS, len(values) / 2) and bool(values.map(lambda value: isinstance(value, str)).all())


def _quarters(
    values: pd.Series, present: pd.Series, known: np.ndarray, unit: str = ""
) -> Iterator[tuple[str, np.ndarray]]:
    edges = present.quantile(QUARTERS, interpolation="lower").unique()
    positions = np.searchsorted(edges, values.to_numpy())
    for position in range(len(edges) + 1):
        here = known & (positions == position)
        if here.any():
            bounds = dict.fromkeys(_text(bound) for bound in (values[here].min(), values[here].max()))
            yield " to ".join(bounds) + unit, here


def _categories(values: pd.Series, present: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    counts = present.value_counts()
    names = sorted(counts.index, key=lambda value: (-counts[value], str(value)))
    shown = names if len(names) <= MAX_GROUPS else names[: MAX_GROUPS - 1]
    for value in sorted(shown) if _is_ordered(present) else shown:
        yield _text(value).strip() or "(empty)", (values == value).to_numpy(dtype=bool, na_value=False)
    if len(names) > len(shown):
        yield f"{len(names) - len(shown):,} other values", values.isin(names[len(shown) :]).to_numpy(dtype=bool)


def _text(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return str(value)
