"""Generate rows that are valid by a schema, for the comparison of a compiled model with scikit-learn.

The random generator has fixed seeds, so the same compiled model always gives the same
rows.

For a tree model, a number is a threshold of the compiled trees, this threshold rounded,
or the next float64 or float32 on either side. An error of the compiler appears at many
thresholds. Examples of such errors are a wrong dtype, or the wrong child for an equal,
missing or unknown value. A single wrong threshold in a large model can remain
undetected.
"""

from collections.abc import Iterator

import numpy as np

from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import Composition
from ml_census.engine.runtime.encoders import ThresholdEncoder
from ml_census.engine.runtime.tree_ensemble import TreeEnsemble
from ml_census.schema import MAX_FLOAT32, Column, Columns, Value

EXTREME_NUMBERS = (0.0, -0.0, 1e-45, -1e-45, 2.0**24 + 1, 2.0**53 + 2, MAX_FLOAT32 / 2, MAX_FLOAT32, -MAX_FLOAT32)
ROWS_PER_UNKNOWN_CATEGORY = 10
"""Number of rows with the same unknown category in a column. The values of the other
columns differ."""
ROWS_PER_NULL = 50
"""Number of rows for each missing value: in a nullable column, one value in 50 is
missing."""


class SampleGenerator:
    """Generator of rows that are valid by the schema of a compiled model."""

    def __init__(self, compiled: CompiledPredictor) -> None:
        """Initialize with the compiled model whose schema and tree thresholds determine the rows."""
        self._columns = compiled.schema.columns
        self._thresholds = {
            column: thresholds[np.abs(thresholds) < MAX_FLOAT32]
            for column, thresholds in _thresholds_by_column(compiled).items()
        }

    def typical_rows(self, count: int, seed: int = 0) -> Columns:
        """Return `count` rows of known categories and of numbers at or next to the thresholds of the trees.

        Another `seed` gives other rows. Nullable columns also have missing values.
        Number columns without thresholds have random numbers. Columns that are neither
        numbers nor categories have 0 or null, since compiled models do not read these
        columns.
        """
        return [
            _typical_values(column, self._thresholds.get(index), count, np.random.default_rng([seed, index]))
            for index, column in enumerate(self._columns)
        ]

    def edge_rows(self, max_rows: int) -> Iterator[tuple[str | int, Columns]]:
        """Yield pairs of a column name and rows in which only this column has unknown categories or extreme numbers.

        The columns come in a fixed random order. `max_rows` limits the number of rows
        of all columns together. A column is skipped if its rows would exceed this
        limit.
        """
        for index in np.random.default_rng(0).permutation(len(self._columns)).tolist():
            column = self._columns[index]
            values = _edge_values(column)
            if not 0 < len(values) <= max_rows:
                continue
            max_rows -= len(values)
            rows = list(self.typical_rows(len(values), seed=1 + index))
            rows[index] = values
            yield column.name, rows


def _thresholds_by_column(compiled: CompiledPredictor) -> dict[int, np.ndarray]:
    """Return column -> the thresholds of all trees for the column, in ascending order: float64 (thresholds,)."""
    scoring = compiled.scoring
    by_column: dict[int, list[np.ndarray]] = {}
    for model in scoring.models if isinstance(scoring, Composition) else [scoring]:
        for encoder in model.encoders if isinstance(model, TreeEnsemble) else ():
            if isinstance(encoder, ThresholdEncoder):
                by_column.setdefault(encoder.column, []).append(encoder.thresholds)
    return {column: np.unique(np.concatenate(thresholds)) for column, thresholds in by_column.items()}


def _typical_values(
    column: Column, thresholds: np.ndarray | None, count: int, random: np.random.Generator
) -> list[Value]:
    if column.type == "number":
        values: list[Value] = _numbers(thresholds, count, random).tolist()
    elif column.type == "category":
        values = _categories(column, count, random)
    else:
        values = [None if column.nullable else 0] * count
    if column.nullable:
        for row in random.permutation(count)[: count // ROWS_PER_NULL]:
            values[row] = column.validate(None)[0]
    return values


def _categories(column: Column, count: int, random: np.random.Generator) -> list[Value]:
    codes = random.permutation(max(count, len(column.categories)))[:count] % len(column.categories)
    categories = [column.categories[code] for code in codes]
    # if NaN is a category of the model, clients send null for this category
    return [column.validate(value if value == value else None)[0] for value in categories]


def _numbers(thresholds: np.ndarray | None, count: int, random: np.random.Generator) -> np.ndarray:
    if thresholds is None or not len(thresholds):
        return random.normal(size=count) * 10.0 ** random.integers(-3, 6, count)
    near = random.choice(thresholds, count)
    single = near.astype(np.float32)
    candidates = [
        near,
        np.nextafter(near, np.inf),
        np.nextafter(near, -np.inf),
        np.nextafter(single, np.float32(np.inf)).astype(float),
        np.nextafter(single, np.float32(-np.inf)).astype(float),
        np.round(near),
    ]
    chosen = np.choose(random.integers(0, len(candidates), count), candidates)
    return np.asarray(np.clip(chosen, -MAX_FLOAT32, MAX_FLOAT32))


def _edge_values(column: Column) -> list[Value]:
    """Return the extreme numbers or unknown categories of a column; an empty list if the schema allows none."""
    if column.type == "number":
        return list(EXTREME_NUMBERS)
    if column.type == "category" and not column.reject_unknown:
        is_text = any(isinstance(value, str) for value in column.categories)
        unknown: list[Value] = ["no such category", ""] if is_text else [123456.5, -123456.5]
        return unknown * ROWS_PER_UNKNOWN_CATEGORY
    return []
