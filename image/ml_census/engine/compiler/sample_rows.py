"""Generate rows that are valid by a schema, for the comparison of a compiled model with scikit-learn.

The random generator has fixed seeds, so the same compiled model always gives the same
rows.

For a tree model, a number is a threshold of the compiled trees, this threshold rounded,
or the next float64 or float32 on either side. An error of the compiler appears at many
thresholds. Examples of such errors are a wrong dtype, or the wrong child for an equal,
missing or unknown value. A single wrong threshold in a large model can remain
undetected.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ml_census.engine.predictor import PredictionError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.engine.runtime.composition import Composition, Model
from ml_census.engine.runtime.encoders import Encoder, ThresholdEncoder
from ml_census.engine.runtime.linear.layered_model import LayeredModel
from ml_census.engine.runtime.linear.linear_model import LinearModel, NumericFeature
from ml_census.engine.runtime.trees.tree_ensemble import TreeEnsemble
from ml_census.schema import MAX_FLOAT32, Column, Columns, Value

EXTREME_NUMBERS = (0.0, -0.0, 1e-45, -1e-45, 2.0**24 + 1, 2.0**53 + 2, MAX_FLOAT32 / 2, MAX_FLOAT32, -MAX_FLOAT32)
ROWS_PER_UNKNOWN_CATEGORY = 10
"""Number of rows with the same unknown category in a column. The values of the other
columns differ."""
MAX_REJECTED = 5
"""Maximum number of rows for each column with a number that the compiled model rejects (default 5).

scikit-learn rejects a batch for one such row, so these numbers are in no other row.
"""
ROWS_PER_NULL = 50
"""Number of rows for each missing value: in a nullable column, one value in 50 is
missing."""


class SampleGenerator:
    """Generator of rows that are valid by the schema of a compiled model."""

    def __init__(self, compiled: CompiledPredictor) -> None:
        """Initialize with the compiled model whose schema and tree thresholds determine the rows."""
        self._columns = compiled.schema.columns
        self._readers = _readers_by_column(compiled)

    def typical_rows(self, count: int, seed: int = 0) -> Columns:
        """Return `count` rows of known categories and of numbers at or next to the thresholds of the trees.

        The compiled model accepts the numbers, unless it rejects all that this function
        tries. Another `seed` gives other rows. Nullable columns also have missing values.
        Number columns without thresholds have random numbers. Columns that are neither
        numbers nor categories have 0 or null, since compiled models do not read these
        columns.
        """
        return [
            _typical_values(column, self._readers.get(index, []), count, np.random.default_rng([seed, index]))
            for index, column in enumerate(self._columns)
        ]

    def edge_rows(self, max_rows: int) -> Iterator[tuple[str | int, Columns]]:
        """Yield pairs of a column name and rows in which only this column has unusual values.

        These are unknown categories, extreme numbers, and values that the compiled
        model rejects. The columns come in a fixed random order. A column is skipped if
        the rows of all columns together would exceed `max_rows`.
        """
        for index in np.random.default_rng(0).permutation(len(self._columns)).tolist():
            values = _edge_values(self._columns[index], self._readers.get(index, []))
            if not 0 < len(values) <= max_rows:
                continue
            max_rows -= len(values)
            rows = list(self.typical_rows(len(values), seed=1 + index))
            rows[index] = values
            yield self._columns[index].name, rows


Reader = Encoder | NumericFeature
"""A part of a compiled model that reads a number column."""


def _readers_by_column(compiled: CompiledPredictor) -> dict[int, list[Reader]]:
    """Return for each number column the parts of the compiled model that read this column."""
    scoring = compiled.scoring
    by_column: dict[int, list[Reader]] = {}
    for model in scoring.models if isinstance(scoring, Composition) else [scoring]:
        for reader in _readers(model):
            by_column.setdefault(reader.column, []).append(reader)
    return by_column


def _readers(model: Model) -> list[Reader]:
    if isinstance(model, TreeEnsemble):
        return list(model.encoders)
    first = model.first if isinstance(model, LayeredModel) else model
    folded = [table.encoder for table in first.folded] if isinstance(first, LinearModel) else []
    return [*folded, *(feature for _, feature in first.numbers)]


def _accepts(reader: Reader, numbers: np.ndarray) -> np.ndarray:
    """Return whether the compiled model accepts each number, or missing value NaN: float64 (n,) to bool (n,)."""
    if isinstance(reader, NumericFeature):
        accepted: np.ndarray = np.isfinite(reader.values(numbers))
        return accepted
    try:
        reader.encode(numbers.tolist())
    except PredictionError:
        return np.array([_encodes(reader, number) for number in numbers.tolist()])
    return np.ones(len(numbers), dtype=bool)


def _encodes(encoder: Encoder, number: float) -> bool:
    try:
        encoder.encode_one(number)
    except PredictionError:
        return False
    return True


def _typical_values(column: Column, readers: Sequence[Reader], count: int, random: np.random.Generator) -> list[Value]:
    if column.type == "number":
        numbers = _numbers(readers, count, random)
        accepted = _all_accept(readers, numbers)
        if accepted.any():
            numbers[~accepted] = random.choice(numbers[accepted], int((~accepted).sum()))
        values: list[Value] = numbers.tolist()
    elif column.type == "category":
        values = _categories(column, count, random)
    else:
        values = [None if column.nullable else 0] * count
    if column.nullable and (column.type != "number" or _all_accept(readers, np.array([np.nan])).all()):
        for row in random.permutation(count)[: count // ROWS_PER_NULL]:
            values[row] = column.validate(None)[0]
    return values


def _all_accept(readers: Sequence[Reader], numbers: np.ndarray) -> np.ndarray:
    accepted: np.ndarray = np.ones(len(numbers), dtype=bool)
    for reader in readers:
        accepted &= _accepts(reader, numbers)
    return accepted


def _rejected(column: Column, readers: Sequence[Reader]) -> list[Value]:
    """Return values that the compiled model rejects, maximum MAX_REJECTED numbers and the missing value."""
    numbers = _numbers(readers, 200, np.random.default_rng(1))
    rejected: list[Value] = numbers[~_all_accept(readers, numbers)][:MAX_REJECTED].tolist()
    if column.nullable and not _all_accept(readers, np.array([np.nan])).all():
        rejected.append(column.validate(None)[0])
    return rejected


def _categories(column: Column, count: int, random: np.random.Generator) -> list[Value]:
    codes = random.permutation(max(count, len(column.categories)))[:count] % len(column.categories)
    categories = [column.categories[code] for code in codes]
    # if NaN is a category of the model, clients send null for this category
    return [column.validate(value if value == value else None)[0] for value in categories]


def _numbers(readers: Sequence[Reader], count: int, random: np.random.Generator) -> np.ndarray:
    """Return numbers at or next to the thresholds of the readers, or random numbers if there is no threshold."""
    all_thresholds = [reader.thresholds for reader in readers if isinstance(reader, ThresholdEncoder)]
    thresholds = np.unique(np.concatenate(all_thresholds)) if all_thresholds else np.empty(0)
    thresholds = thresholds[np.abs(thresholds) < MAX_FLOAT32]
    if not len(thresholds):
        return random.normal(size=count) * 10.0 ** random.integers(-3, 6, count)
    return _next_to(random.choice(thresholds, count), random)


def _next_to(near: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return for each threshold the threshold, rounded or not, or the next float64 or float32 on either side."""
    single = near.astype(np.float32)
    candidates = [
        near,
        np.nextafter(near, np.inf),
        np.nextafter(near, -np.inf),
        np.nextafter(single, np.float32(np.inf)).astype(float),
        np.nextafter(single, np.float32(-np.inf)).astype(float),
        np.round(near),
    ]
    chosen = np.choose(random.integers(0, len(candidates), len(near)), candidates)
    return np.asarray(np.clip(chosen, -MAX_FLOAT32, MAX_FLOAT32))


def _edge_values(column: Column, readers: Sequence[Reader]) -> list[Value]:
    """Return extreme and rejected numbers, or unknown categories; an empty list if the schema allows none."""
    if column.type == "number":
        return [*EXTREME_NUMBERS, *_rejected(column, readers)]
    if column.type == "category" and not column.reject_unknown:
        is_text = any(isinstance(value, str) for value in column.categories)
        unknown: list[Value] = ["no such category", ""] if is_text else [123456.5, -123456.5]
        return unknown * ROWS_PER_UNKNOWN_CATEGORY
    return []
