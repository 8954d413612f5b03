"""Score one part: read its rows, validate and predict them, and return the content of its files."""

import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from ml_census.batch.batch_model import BatchModel
from ml_census.batch.errors import BatchError
from ml_census.batch.plan import Plan
from ml_census.batch.prediction_columns import PredictionColumns, free_names
from ml_census.batch.row_validation import Counts, RowValidator, ValidRows
from ml_census.batch.tables import Batch, open_table
from ml_census.engine.predictor import PredictionError

GROUP_ROWS = 1_048_576
"""Maximum rows of a row group of the output."""
REJECTED = ("rejected_row", "rejected_column", "rejected_reason")
"""Added columns of the file of rejected rows: position in the input file from 0, first
column with an invalid value, expected value."""


class ScoredPart(NamedTuple):
    """The content of the files of a part, and the counts of its rows."""

    predictions: bytes
    """Content of the Parquet file with the predictions of the valid rows."""
    rejected: bytes
    """Content of the Parquet file with the rejected rows; empty if there are none."""
    counts: Counts


class PartScorer:
    """Scorer of the parts of a plan. One thread uses a scorer at a time.

    `on_rows` is called with the number of rows of each batch. A set `stop` ends the
    scoring.
    """

    def __init__(self, model: BatchModel, plan: Plan, stop: threading.Event, on_rows: Callable[[int], None]) -> None:
        self._model, self._plan, self._stop, self._on_rows = model, plan, stop, on_rows
        self._validator = RowValidator(model.predictor)
        self._predictions = PredictionColumns(model, plan.settings.reasons)

    def score(self, number: int) -> ScoredPart | None:
        """Return the content of the files of a part, the same each time. Return None if `stop` is set.

        Raises BatchError if the file of the part is damaged or has changed, or if too
        many rows are invalid. Raises StorageError.
        """
        part, file = self._plan.parts[number], self._plan.file_of(number)
        predictions, rejected, counts = ParquetContent(), ParquetContent(), Counts()
        with open_table(file, self._model.predictor.schema, self._plan.settings.keep) as table:
            for batch in table.batches(part.first, part.stop):
                if self._stop.is_set():
                    return None
                self._score_batch(batch, predictions, rejected, counts)
        self._check_share(file.uri, number, counts)
        return ScoredPart(predictions.close(), rejected.close() if counts.rejected else b"", counts)

    def _score_batch(
        self, batch: Batch, predictions: "ParquetContent", rejected: "ParquetContent", counts: Counts
    ) -> None:
        """Append the rows of a batch to the content of the files."""
        valid, added = self._predict(batch.rows, counts)
        predictions.add(self._output(batch.rows, valid, added))
        if valid.valid is not None:
            rejected.add(_rejected(batch, valid))
            if counts.first_rejected is None:
                counts.first_rejected = batch.row + int(np.argmin(valid.valid))
        self._on_rows(len(batch.rows))

    def _predict(self, rows: pa.RecordBatch, counts: Counts) -> tuple[ValidRows, list[pa.Array]]:
        """Return the valid rows, and the added columns of the output for them."""
        valid = self._validator.validate(rows, counts)
        try:
            return valid, self._predictions.compute(valid.columns)
        except PredictionError:
            valid = self._validator.reject_unpredictable(valid, counts)
            return valid, self._predictions.compute(valid.columns)

    def _output(self, rows: pa.RecordBatch, valid: ValidRows, added: list[pa.Array]) -> pa.RecordBatch:
        keep = self._plan.settings.keep
        kept = rows if keep is None else rows.select(keep)
        if valid.valid is not None:
            kept = kept.filter(pa.array(valid.valid))
        names = free_names(self._predictions.names, kept.schema.names)
        return pa.RecordBatch.from_arrays([*kept.columns, *added], names=[*kept.schema.names, *names])

    def _check_share(self, uri: str, number: int, counts: Counts) -> None:
        """Raise BatchError if the rejected rows exceed --max-rejected."""
        share = self._plan.settings.max_rejected
        if counts.rejected > share * counts.rows:
            (column, reason), most = counts.reasons.most_common(1)[0]
            where = f"column {column}: " if column else ""
            raise BatchError(
                f"{uri}: part {number} has {counts.rejected} invalid rows of {counts.rows}, above --max-rejected "
                f"{share:g}; the first is row {counts.first_rejected}; the most frequent reason, in {most} rows: "
                f"{where}expected {reason}"
            )


class ParquetContent:
    """A Parquet file in memory, in row groups of GROUP_ROWS rows."""

    def __init__(self) -> None:
        self._sink = pa.BufferOutputStream()
        self._writer: pa.parquet.ParquetWriter | None = None
        self._pending: list[pa.RecordBatch] = []

    def add(self, rows: pa.RecordBatch) -> None:
        """Append rows. All calls have the same columns."""
        self._pending.append(rows)
        if sum(map(len, self._pending)) >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._pending).replace_schema_metadata(None)
        if self._writer is None:
            repeated = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
            self._writer = pa.parquet.ParquetWriter(
                self._sink, table.schema, use_dictionary=repeated, store_schema=False
            )
        self._writer.write_table(table, row_group_size=GROUP_ROWS)
        self._pending.clear()

    def close(self) -> bytes:
        """Return the content of the file."""
        if self._pending:
            self._flush()
        if self._writer is not None:
            self._writer.close()
        return bytes(self._sink.getvalue())


def _rejected(batch: Batch, valid: ValidRows) -> pa.RecordBatch:
    """Return the rejected rows of a batch, with the columns of REJECTED."""
    invalid = ~np.asarray(valid.valid)
    rows = batch.rows.filter(pa.array(invalid))
    positions = pa.array(np.flatnonzero(invalid) + batch.row)
    columns, reasons = zip(*valid.problems, strict=True) if valid.problems else ((), ())
    added = [positions, pa.array(columns, pa.string()), pa.array(reasons, pa.string())]
    names = free_names(REJECTED, rows.schema.names)
    return pa.RecordBatch.from_arrays([*rows.columns, *added], names=[*rows.schema.names, *names])
