"""`ml-census score`: lines and exit codes, which say whether a retry can succeed."""

from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from ml_census.cli.main import main
from support.batch_runs import TABLE, BatchFolder


@pytest.fixture
def batch(tmp_path: Path) -> BatchFolder:
    return BatchFolder(tmp_path)


def score(batch: BatchFolder, *options: str) -> Result:
    return CliRunner().invoke(main, ["score", batch.model, batch.input, batch.output, *options])


def test_complete_run_is_reported(batch: BatchFolder) -> None:
    result = score(batch)

    assert (result.exit_code, result.stderr) == (0, f"{batch.output}: complete: 200 rows, 0 rejected\n")
    assert result.stdout.count('"event": "part"') == 1


def test_column_to_keep_counts_once(batch: BatchFolder) -> None:
    assert score(batch, "--keep", "sex", "--keep", "sex").exit_code == 0
    assert batch.table().column_names[:2] == ["sex", "prediction"]


def test_process_reports_the_parts_of_others(batch: BatchFolder) -> None:
    result = score(batch, "--shard-index", "1", "--shard-count", "2")

    assert (result.exit_code, result.stderr) == (0, f"{batch.output}: 1 of 1 parts are not finished: 0\n")


def test_check_of_an_incomplete_run_fails(batch: BatchFolder) -> None:
    score(batch, "--shard-index", "1", "--shard-count", "2")

    result = score(batch, "--check")

    assert (result.exit_code, result.stderr) == (1, f"ml-census: {batch.output}: 1 of 1 parts are not finished: 0\n")


def test_check_of_a_complete_run_succeeds(batch: BatchFolder) -> None:
    score(batch)

    assert score(batch, "--check").exit_code == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--keep", "age", "--keep-all"], "exclude each other"),
        (["--shard-index", "2", "--shard-count", "2"], "--shard-index 2 must be below --shard-count 2"),
        (["--max-rejected", "2"], "0<=x<=1"),
        (["--threads", "0"], "x>=1"),
    ],
)
def test_wrong_options_are_named(batch: BatchFolder, options: list[str], reason: str) -> None:
    result = score(batch, *options)

    assert result.exit_code == 2
    assert reason in result.stderr


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda batch: (batch.path / "in.parquet").write_bytes(b"?"), "in.parquet: cannot be read as Parquet: "),
        (lambda batch: (batch.path / "in.parquet").unlink(), "in.parquet: no file found"),
        (lambda batch: (batch.path / "model/compiled.npz").unlink(), "compiled.npz: not found"),
        (lambda batch: batch.write(TABLE.drop_columns("age")), "in.parquet: has no column age"),
        (lambda batch: batch.write(TABLE.set_column(0, "age", pa.nulls(200))), "part 0 has 200 invalid rows of 200"),
    ],
)
def test_failure_that_no_retry_mends_has_code_65(batch: BatchFolder, change: object, reason: str) -> None:
    change(batch)  # type: ignore[operator]

    result = score(batch)

    assert result.exit_code == 65
    assert reason in result.stderr
    assert result.stderr.startswith("ml-census: ") and result.stderr.count("\n") == 1


def test_check_without_a_run_is_rejected(batch: BatchFolder) -> None:
    result = score(batch, "--check")

    assert (result.exit_code, result.stderr) == (65, f"ml-census: {batch.output}/plan.json: not found\n")


def test_output_that_cannot_be_written_can_be_retried(batch: BatchFolder) -> None:
    Path(batch.output).touch()

    result = score(batch)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"ml-census: {batch.output}")
