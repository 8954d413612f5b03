"""Rows with an invalid value are split off, with the first problem of each; all problems are counted."""

from pathlib import Path

import pyarrow as pa

from ml_census.batch import batch_model
from ml_census.batch.row_validation import Counts, RowValidator
from support.batch_runs import BatchFolder

CASES = {
    "age": ["30", "x", "40", ""],
    "workclass": [" Private", "Private", "new", "?"],
    "education-num": ["9", "y", "9", "9"],
    "sex": ["Male"] * 4,
}


def test_invalid_rows_are_split_off_and_counted(batch: BatchFolder) -> None:
    counts = Counts()
    validator = RowValidator(batch_model.load(batch.model).predictor)

    rows = validator.validate(pa.RecordBatch.from_pydict(CASES), counts)

    assert rows.valid is not None and rows.valid.tolist() == [True, False, True, False]
    assert list(zip(rows.rejected_columns, rows.rejected_reasons, strict=True)) == [("age", "a number")] * 2
    assert dict(counts.reasons) == {("age", "a number"): 2, ("education-num", "a number"): 1}
    assert (counts.rows, counts.rejected, dict(counts.unknown)) == (4, 2, {"workclass": 1})
    assert [list(column) for column in rows.columns] == [[30, 40], [" Private", "new"], [9, 9], [" Male", " Male"]]


def test_valid_rows_are_not_copied(batch: BatchFolder) -> None:
    counts = Counts()

    valid = {name: values[:1] for name, values in CASES.items()}
    rows = RowValidator(batch_model.load(batch.model).predictor).validate(pa.RecordBatch.from_pydict(valid), counts)

    assert rows.valid is None
    assert (counts.rows, counts.rejected) == (1, 0)


def test_number_that_a_tree_model_rejects_is_invalid(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path, "multi_class")
    predictor = batch_model.load(folder.model).predictor
    counts = Counts()

    RowValidator(predictor).validate(pa.RecordBatch.from_pydict({"0": [1.0, 1e39], "1": [1.0, 1.0]}), counts)

    assert dict(counts.reasons) == {("0", "a finite number within the range of float32"): 1}
