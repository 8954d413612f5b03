"""The content of the files of a part: predictions, kept columns, and rejected rows with their reasons."""

import io
import threading

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import ml_census
from ml_census.batch import batch_model, part_scoring
from ml_census.batch.errors import BatchError
from ml_census.batch.part_scoring import ParquetContent, PartScorer, ScoredPart
from ml_census.batch.plan import Settings, agree_on_plan
from support.batch_runs import TABLE, BatchFolder, rows_of

BAD = TABLE.set_column(0, "age", pa.array([None if row % 50 == 7 else row for row in range(200)]))


def scorer(batch: BatchFolder, stop: threading.Event, **settings: object) -> PartScorer:
    model = batch_model.load(batch.model)
    plan = agree_on_plan(batch.output, model, Settings(batch.input, **settings))  # type: ignore[arg-type]
    return PartScorer(model, plan, stop, lambda _: None)


def scored(batch: BatchFolder, **settings: object) -> ScoredPart:
    part = scorer(batch, threading.Event(), **settings).score(0)
    assert part
    return part


def table(content: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(content))


def test_part_has_the_prediction_of_each_row(batch: BatchFolder) -> None:
    served = ml_census.load(batch.model)

    part = scored(batch)

    rows = rows_of(TABLE, served.columns)
    assert table(part.predictions)["prediction"].to_pylist() == served.predict(rows)
    assert part.rejected == b""


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_part_without_rows_has_the_columns(batch: BatchFolder, suffix: str) -> None:
    """Readers of a folder of Parquet files reject an empty file."""
    batch.input = str(batch.path / f"none.{suffix}")
    empty = TABLE.slice(0, 0)
    pq.write_table(empty, batch.input) if suffix == "parquet" else pa.csv.write_csv(empty, batch.input)

    written = table(scored(batch, keep=("sex",)).predictions)

    assert len(written) == 0
    assert written.column_names[:2] == ["sex", "prediction"]
    assert written.column_names[-1] == "model_version"


@pytest.mark.parametrize(("keep", "names"), [((), []), (("sex", "age"), ["sex", "age"]), (None, TABLE.column_names)])
def test_kept_columns_come_first(batch: BatchFolder, keep: tuple[str, ...] | None, names: list[str]) -> None:
    kept = table(scored(batch, keep=keep).predictions)

    assert kept.column_names[: len(names)] == names
    assert kept.column_names[len(names)] == "prediction"
    assert kept.select(names).to_pydict() == TABLE.select(names).to_pydict()


def test_kept_column_with_a_taken_name_keeps_it(batch: BatchFolder) -> None:
    batch.write(TABLE.append_column("prediction", TABLE["age"]))

    kept = table(scored(batch, keep=("prediction",)).predictions)

    assert kept.column_names[:2] == ["prediction", "prediction 2"]
    assert kept["prediction"].to_pylist() == TABLE["age"].to_pylist()


def test_rejected_rows_have_position_column_and_reason(batch: BatchFolder) -> None:
    batch.write(BAD)

    part = scored(batch, max_rejected=0.02, keep=("age",))

    rejected = table(part.rejected)
    assert rejected["rejected_row"].to_pylist() == [7, 57, 107, 157]
    assert rejected["rejected_column"].to_pylist() == ["age"] * 4
    assert rejected["rejected_reason"].to_pylist() == ["a number"] * 4
    assert rejected["sex"].to_pylist() == [TABLE["sex"][row].as_py() for row in (7, 57, 107, 157)]
    assert table(part.predictions)["age"].to_pylist() == [row for row in range(200) if row % 50 != 7]


def test_more_rejected_rows_than_accepted_end_the_run(batch: BatchFolder) -> None:
    batch.write(BAD)

    reason = (
        "part 0 has 4 invalid rows of 200, above --max-rejected 0.019; the first is row 7; "
        ".* in 4 rows: column age: expected a number$"
    )
    with pytest.raises(BatchError, match=reason):
        scored(batch, max_rejected=0.019)


def test_part_without_valid_rows_has_the_same_columns(batch: BatchFolder) -> None:
    types = table(scored(batch, keep=("sex",), max_rejected=1.0).predictions).schema
    batch.write(BAD.slice(7, 1))
    (batch.path / "out/plan.json").unlink()

    part = scored(batch, keep=("sex",), max_rejected=1.0)

    assert table(part.predictions).num_rows == 0
    assert table(part.predictions).schema == types


def test_content_is_the_same_each_time(batch: BatchFolder) -> None:
    assert scored(batch, keep=None) == scored(batch, keep=None)


def test_set_stop_ends_the_scoring(batch: BatchFolder) -> None:
    stop = threading.Event()
    stop.set()

    assert scorer(batch, stop).score(0) is None


def test_content_has_row_groups_of_a_limited_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_scoring, "GROUP_ROWS", 100)
    content = ParquetContent()
    for start in range(0, 200, 40):
        content.add(pa.RecordBatch.from_pydict({"x": range(start, start + 40)}))

    file = pq.ParquetFile(io.BytesIO(content.close()))

    assert [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)] == [100, 20, 80]
    assert file.read()["x"].to_pylist() == list(range(200))
