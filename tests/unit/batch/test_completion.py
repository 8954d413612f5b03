"""A run is complete if all parts are there with the rows of the input; _SUCCESS and metrics.prom have the totals."""

import json
from collections.abc import Callable

import pyarrow as pa
import pytest

from ml_census.batch import completion, plan
from ml_census.batch.errors import BatchError
from support.batch_runs import TABLE, BatchFolder


@pytest.fixture
def done(batch: BatchFolder, monkeypatch: pytest.MonkeyPatch) -> BatchFolder:
    """Return a complete run of four parts with rejected rows, without _SUCCESS."""
    monkeypatch.setattr(plan, "PART_ROWS", 50)
    ages = pa.array([None if row == 3 else row for row in range(200)])
    batch.write(TABLE.set_column(0, "age", ages))
    batch.score(max_rejected=0.5)
    (batch.path / "out/_SUCCESS").unlink()
    return batch


def test_totals_are_the_sums_of_the_parts(done: BatchFolder) -> None:
    state = done.check(max_rejected=0.5)

    totals = done.json("_SUCCESS")
    assert totals == state.totals
    assert [totals[key] for key in ("parts", "rows_in", "rows_out", "rows_rejected")] == [4, 200, 199, 1]
    assert totals["rejected"] == {"age": {"a number": 1}}


def test_metrics_have_the_figures_of_the_run(done: BatchFolder) -> None:
    lines = (done.path / "out/metrics.prom").read_text().splitlines()

    assert "ml_census_batch_rows 200.0" in lines
    assert "ml_census_batch_rejected_rows 1.0" in lines
    assert 'ml_census_batch_rejected_values{column="age",reason="a number"} 1.0' in lines
    assert any(line.startswith("ml_census_batch_last_success_timestamp_seconds ") for line in lines)


def test_success_is_written_once(done: BatchFolder) -> None:
    first = done.check(max_rejected=0.5).totals

    done.check(max_rejected=0.5)

    assert done.json("_SUCCESS") == first


def changed(**facts: object) -> Callable[[BatchFolder], object]:
    """Return a change of the report of part 1."""

    def change(folder: BatchFolder) -> None:
        report = folder.json("part-00001.json") | facts
        (folder.path / "out/part-00001.json").write_text(json.dumps(report))

    return change


DAMAGES: dict[str, tuple[Callable[[BatchFolder], object], str]] = {
    "too few rows": (changed(rows_in=49, rows_out=49), r"part-00001.json: 49 rows of the model \w+, expected 50"),
    "lost rows": (changed(rows_out=48), r"part-00001.json: 50 rows of the model \w+, expected 50"),
    "another model": (changed(model_version="x"), "part-00001.json: 50 rows of the model x, expected 50"),
    "no report": (lambda folder: (folder.path / "out/part-00001.json").write_text("{}"), "is not the report of a part"),
    "removed predictions": (
        lambda folder: (folder.path / "out/part-00001.parquet").unlink(),
        "missing or have another",
    ),
    "cut predictions": (lambda folder: (folder.path / "out/part-00001.parquet").write_bytes(b""), "have another size"),
    "removed rejected rows": (lambda folder: (folder.path / "out/rejected-00000.parquet").unlink(), "missing or have"),
    "changed input": (lambda folder: folder.write(TABLE), "in.parquet: has changed since the start of the run"),
    "removed input": (lambda folder: (folder.path / "in.parquet").unlink(), "in.parquet: was removed since the start"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_run_is_not_complete(done: BatchFolder, damage: str) -> None:
    change, reason = DAMAGES[damage]
    change(done)

    with pytest.raises(BatchError, match=reason):
        done.check(max_rejected=0.5)
    assert "_SUCCESS" not in done.names()


def test_counts_are_nested_by_column() -> None:
    assert completion.nested({("b", "x"): 1, ("a", "y"): 2, ("a", "x"): 3}) == {"a": {"x": 3, "y": 2}, "b": {"x": 1}}
