"""Rows with an invalid value are split off, with the first problem of each; all problems are counted."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ml_census.batch import batch_model
from ml_census.batch.row_validation import Counts, RowValidator
from ml_census.engine.compiler.compiler import compile_model
from ml_census.engine.predictor import PredictionError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.models.schema_inference import infer_schema
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
    assert rows.problems == [("age", "a number")] * 2
    assert dict(counts.reasons) == {("age", "a number"): 2, ("education-num", "a number"): 1}
    assert (counts.rows, counts.rejected, dict(counts.unknown)) == (4, 2, {"workclass": 1})
    assert [list(column) for column in rows.columns] == [[30, 40], [" Private", "new"], [9, 9], [" Male", " Male"]]


def test_valid_rows_are_not_copied(batch: BatchFolder) -> None:
    counts = Counts()

    valid = {name: values[:1] for name, values in CASES.items()}
    rows = RowValidator(batch_model.load(batch.model).predictor).validate(pa.RecordBatch.from_pydict(valid), counts)

    assert rows.valid is None
    assert (counts.rows, counts.rejected) == (1, 0)


def scaled_tree() -> CompiledPredictor:
    """Return a model that rejects numbers above 3.4e36 in the first column."""
    rows = np.array([[0.0, 1.0], [0.01, 1.0]] * 20)
    model = make_pipeline(StandardScaler(), DecisionTreeClassifier()).fit(rows, [0, 1] * 20)
    return compile_model(model, infer_schema(model))


@pytest.mark.parametrize("missing", [False, True])
def test_rows_that_the_model_rejects_are_found(missing: bool) -> None:
    """Expect the invalid rows of the schema to stay rejected."""
    predictor, counts = scaled_tree(), Counts()
    first = [1e38 if row % 10 == 3 else 0.01 for row in range(100)]
    second = [None if missing and row == 5 else 1.0 for row in range(100)]
    validator = RowValidator(predictor)
    rows = validator.validate(pa.RecordBatch.from_pydict({"0": first, "1": second}), counts)
    with pytest.raises(PredictionError):
        predictor.predict_arrays(rows.columns)

    accepted = validator.reject_unpredictable(rows, counts)

    assert accepted.valid is not None
    rejected = [row for row in range(100) if row % 10 == 3 or (missing and row == 5)]
    assert np.flatnonzero(~accepted.valid).tolist() == rejected
    assert dict(zip(rejected, accepted.problems, strict=True))[13] == ("", "values that the model can predict")
    assert counts.rejected == len(rejected)
    assert len(predictor.predict(accepted.columns)) == 100 - len(rejected)
