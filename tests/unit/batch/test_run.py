"""One or several processes score all parts, each once; a repeated run scores only what is missing."""

import pyarrow as pa
import pytest

import ml_census
from ml_census.batch import plan
from ml_census.batch.errors import BatchError
from ml_census.batch.run import Shard
from support.batch_runs import TABLE, BatchFolder, rows_of


@pytest.fixture
def parts(batch: BatchFolder, monkeypatch: pytest.MonkeyPatch) -> BatchFolder:
    """Return a run of four parts."""
    monkeypatch.setattr(plan, "PART_ROWS", 50)
    return batch


@pytest.mark.parametrize("threads", [1, 2, 9])
def test_all_parts_are_scored(parts: BatchFolder, threads: int) -> None:
    state = parts.score(threads=threads, keep=("age",))

    assert (state.parts, list(state.missing)) == (4, [])
    assert parts.table()["age"].to_pylist() == TABLE["age"].to_pylist()
    served = ml_census.load(parts.model)
    assert parts.table()["prediction"].to_pylist() == served.predict(rows_of(TABLE, served.columns))


def test_process_scores_every_nth_part(parts: BatchFolder) -> None:
    state = parts.score(Shard(1, 3))

    assert list(state.missing) == [0, 2, 3]
    assert parts.names() == ["part-00001.json", "part-00001.parquet", "plan.json"]


def test_last_process_completes_the_run(parts: BatchFolder) -> None:
    states = [parts.score(Shard(index, 3)) for index in (2, 0, 1)]

    assert [state.totals is None for state in states] == [True, True, False]
    assert parts.json("_SUCCESS")["rows_in"] == 200


def test_repeated_run_scores_only_missing_parts(parts: BatchFolder, capsys: pytest.CaptureFixture[str]) -> None:
    parts.score()
    (parts.path / "out/part-00002.json").unlink()
    capsys.readouterr()

    parts.score()

    assert capsys.readouterr().out.count('"event": "part"') == 1
    assert parts.table().num_rows == 200


def test_other_number_of_processes_can_finish_a_run(parts: BatchFolder) -> None:
    parts.score(Shard(0, 3))

    assert parts.score().totals is not None
    assert parts.table().num_rows == 200


@pytest.mark.parametrize("threads", [1, 3])
def test_first_error_ends_all_threads(parts: BatchFolder, threads: int) -> None:
    parts.write(TABLE.set_column(0, "age", pa.array([None] + [1] * 199)))

    with pytest.raises(BatchError, match="part 0 has 1 invalid rows of 50"):
        parts.score(threads=threads)


def test_input_without_rows_is_complete(parts: BatchFolder) -> None:
    parts.write(TABLE.slice(0, 0))

    state = parts.score()

    assert state.totals is not None and state.totals["rows_in"] == 0
    assert parts.names() == ["_SUCCESS", "metrics.prom", "part-00000.json", "part-00000.parquet", "plan.json"]


def test_check_scores_nothing(parts: BatchFolder) -> None:
    parts.score(Shard(0, 2))

    assert list(parts.check().missing) == [1, 3]
    assert "_SUCCESS" not in parts.names()


def test_report_of_a_part_has_its_counts(parts: BatchFolder) -> None:
    parts.write(TABLE.set_column(1, "workclass", pa.array(["new", *TABLE["workclass"].to_pylist()[1:]])))

    parts.score()

    report = parts.json("part-00000.json")
    assert [report[key] for key in ("part", "rows_in", "rows_out", "rows_rejected")] == [0, 50, 50, 0]
    assert report["unknown"] == {"workclass": 1}
    assert report["row_groups"] == [0, 1]
    assert len(report["sha256"]) == 64
