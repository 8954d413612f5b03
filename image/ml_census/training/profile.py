"""Distribution of the training data, column by column, for the schema of a published model."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ml_census.schema import Column, Schema, TrainingDistribution, Value

BINS = 10
"""Maximum number of bins of numbers, dates and lengths (10). The bins have about equal
numbers of rows."""
MAX_TYPICAL_LENGTH = 1000
"""Maximum length of a typical text, in characters (1,000)."""


def profile_schema(schema: Schema, rows: pd.DataFrame, test: pd.DataFrame | None = None) -> Schema:
    """Return the schema with the distribution of each column of the training rows.

    The first columns of `rows` are the columns of the schema, in its order. The values
    are valid by the schema. A column without missing values then rejects null, unless
    `test` or its categories have a missing value.
    """
    profiled = []
    for index, column in enumerate(schema.columns):
        tables = [rows] if test is None else [rows, test]
        has_missing = any(table.iloc[:, index].isna().any() for table in tables)
        has_missing |= len(column.json_categories) < len(column.categories)
        training = training_distribution(column, rows.iloc[:, index])
        profiled.append(replace(column, nullable=column.nullable and has_missing, training=training))
    return replace(schema, columns=tuple(profiled))


def training_distribution(column: Column, values: pd.Series) -> TrainingDistribution | None:
    """Return the distribution of the training values of a column, or None for type "any".

    A column of numbers, dates or texts has at most BINS bins. A category column has a
    bin for each category.
    """
    if column.type == "any":
        return None
    counts = values.value_counts()  # without missing values
    if column.type == "category":
        return _distribution_of_categories(column, counts, len(values))
    if column.type == "text":
        lengths = values.dropna().map(len).value_counts().sort_index()
        return replace(_distribution_of_ordered(lengths, len(values)), typical=_frequent_text(counts))
    return _distribution_of_ordered(counts.sort_index(), len(values))


def _distribution_of_categories(column: Column, counts: pd.Series, rows: int) -> TrainingDistribution:
    count_of = dict(zip(counts.index.tolist(), counts.tolist(), strict=True))
    in_order = [count_of.get(category, 0) for category in column.json_categories]
    typical = column.json_categories[int(np.argmax(in_order))] if any(in_order) else None
    return TrainingDistribution(_frequencies(in_order, rows), typical=typical)


def _distribution_of_ordered(counts: pd.Series, rows: int) -> TrainingDistribution:
    """Return the distribution of values in ascending order. `counts` has the number of rows by value."""
    if counts.empty:
        return TrainingDistribution(_frequencies([0], rows))
    values, cumulative = _plain(counts.index), np.cumsum(counts.to_numpy())

    def quantile(numerator: int, denominator: int) -> int:
        """Return the position of the smallest value that at least this part of the rows does not exceed."""
        return int(np.searchsorted(cumulative, -(-cumulative[-1] * numerator // denominator)))

    last = len(values) - 1
    edges = sorted({quantile(part, BINS) for part in range(1, BINS)} - {last})
    in_bins = np.bincount(np.searchsorted(edges, np.arange(len(values))), counts.to_numpy(), len(edges) + 1)
    bounds = (tuple(values[edge] for edge in edges), values[0], values[last])
    return TrainingDistribution(_frequencies(in_bins, rows), *bounds, typical=values[quantile(1, 2)])


def _frequent_text(counts: pd.Series) -> Value:
    """Return the most frequent text, or None if each text occurs once or the text is long."""
    if counts.empty or counts.iloc[0] < 2:
        return None
    text = min(counts.index[counts == counts.iloc[0]])
    return str(text) if len(text) <= MAX_TYPICAL_LENGTH else None


def _plain(index: pd.Index) -> list[Any]:
    """Return the values as Python values: numbers as int if all of them are integers."""
    values = index.to_numpy()
    if values.dtype.kind == "f" and np.all(values == np.floor(values)) and np.all(np.abs(values) < 2**53):
        values = values.astype(np.int64)
    plain: list[Any] = values.tolist()
    return plain


def _frequencies(counts: Iterable[float], rows: int) -> tuple[float, ...]:
    """Return the counts as shares of `rows`, then the share of all rows that no count includes."""
    counted = np.array([*counts], dtype=np.float64)
    return tuple((np.append(counted, rows - counted.sum()) / rows).round(6).tolist())
