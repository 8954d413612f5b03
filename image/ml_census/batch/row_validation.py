"""Split the rows of a batch into those that the model can predict and those that a server would reject."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pyarrow as pa

from ml_census.batch.column_values import ColumnConverter, ConvertedColumn
from ml_census.engine.predictor import PredictionError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.schema import Columns, DictionaryColumn

UNPREDICTABLE = "values that the model can predict"
"""The expected values, as a server names them, in place of those of a row that the model rejects."""
Values = np.ndarray | DictionaryColumn


@dataclass
class Counts:
    """Counts of rows, of rejected values by column and reason, and of unknown categories by column."""

    rows: int = 0
    rejected: int = 0
    """Number of rejected rows."""
    first_rejected: int | None = None
    """Position of the first rejected row in its file, from 0."""
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(column, expected value) -> number of rows. A row with two invalid values counts
    twice."""
    unknown: Counter[str] = field(default_factory=Counter)
    """Column -> number of valid rows with a category that did not occur in training."""


@dataclass(frozen=True)
class ValidRows:
    """The valid rows of a batch for the engine, and the invalid rows."""

    columns: Columns
    """NumPy arrays and DictionaryColumns."""
    valid: np.ndarray | None = None
    """bool (rows,): True for a valid row; None if all rows are valid."""
    problems: Sequence[tuple[str, str]] = ()
    """For each invalid row: the first column with an invalid value, and the expected
    value. The column is empty if the model rejects the row as a whole."""


class RowValidator:
    """Validator of the rows for one model, with the rules of a server."""

    def __init__(self, predictor: CompiledPredictor) -> None:
        self._names = predictor.schema.names
        self._converters = [ColumnConverter(column) for column in predictor.schema.columns]
        self._predict = predictor.predict_arrays

    def validate(self, batch: pa.RecordBatch, counts: Counts) -> ValidRows:
        """Return the valid rows of a batch, and add their numbers to `counts`."""
        columns = self._convert(batch)
        counts.rows += len(batch)
        invalid = [column.invalid != 0 for column in columns if column.invalid is not None]
        if not invalid:
            self._count_unknown(columns, None, counts)
            return ValidRows(_values(columns))
        valid = ~np.logical_or.reduce(invalid)
        self._count_unknown(columns, valid, counts)
        counts.rejected += int(len(batch) - valid.sum())
        return self._split(columns, valid, counts)

    def _convert(self, batch: pa.RecordBatch) -> list[ConvertedColumn]:
        """Return the converted columns of the model. A column that the batch does not have is null in all rows."""
        names = set(batch.schema.names)
        return [
            converter.convert(batch.column(name) if name in names else pa.nulls(len(batch)))
            for name, converter in zip(self._names, self._converters, strict=True)
        ]

    def _count_unknown(self, columns: Sequence[ConvertedColumn], valid: np.ndarray | None, counts: Counts) -> None:
        for name, column in zip(self._names, columns, strict=True):
            if column.unknown is not None:
                counts.unknown[name] += int((column.unknown if valid is None else column.unknown & valid).sum())

    def _split(self, columns: Sequence[ConvertedColumn], valid: np.ndarray, counts: Counts) -> ValidRows:
        """Return the valid rows, and the first problem of each other row. Add all problems to `counts`."""
        problems: dict[int, tuple[str, str]] = {}
        for name, column in zip(self._names, columns, strict=True):
            if column.invalid is not None:
                for row in np.flatnonzero(column.invalid).tolist():
                    problem = (name, column.reasons[column.invalid[row] - 1])
                    counts.reasons[problem] += 1
                    problems.setdefault(row, problem)
        selected = _select_rows(_values(columns), valid)
        return ValidRows(selected, valid, [problems[row] for row in sorted(problems)])

    def reject_unpredictable(self, rows: ValidRows, counts: Counts) -> ValidRows:
        """Return the rows that the model predicts, after predict_arrays() has raised PredictionError for some.

        Add the other rows to `counts`, with an empty column name: the model names none.
        """
        accepted = self._are_predictable(rows.columns)
        before = np.ones_like(accepted) if rows.valid is None else rows.valid
        valid = before.copy()
        valid[before] = accepted
        found = np.flatnonzero(before & ~valid).tolist()
        problems = dict(zip(np.flatnonzero(~before).tolist(), rows.problems, strict=True))
        problems |= dict.fromkeys(found, ("", UNPREDICTABLE))
        counts.rejected += len(found)
        counts.reasons["", UNPREDICTABLE] += len(found)
        return ValidRows(_select_rows(rows.columns, accepted), valid, [problems[row] for row in sorted(problems)])

    def _are_predictable(self, columns: Columns) -> np.ndarray:
        """Return an array of shape (rows,): False for a row that the model does not predict."""
        accepted = np.ones(len(columns[0]), dtype=bool)
        accepted[list(self._find_unpredictable(columns, 0, len(accepted)))] = False
        return accepted

    def _find_unpredictable(self, columns: Columns, start: int, stop: int) -> Iterator[int]:
        """Yield the position of each row that the model does not predict. Halves of the rows are tried."""
        try:
            self._predict([values[start:stop] for values in columns])
        except PredictionError:
            if stop - start == 1:
                yield start
                return
            middle = (start + stop) // 2
            yield from self._find_unpredictable(columns, start, middle)
            yield from self._find_unpredictable(columns, middle, stop)


def _values(columns: Sequence[ConvertedColumn]) -> Columns:
    return cast(Columns, [column.values for column in columns])


def _select_rows(columns: Columns, chosen: np.ndarray) -> Columns:
    return cast(Columns, [_select(cast(Values, values), chosen) for values in columns])


def _select(values: Values, chosen: np.ndarray) -> Values:
    if isinstance(values, DictionaryColumn):
        return DictionaryColumn(values.values, values.indices[chosen])
    selected: np.ndarray = values[chosen]
    return selected
