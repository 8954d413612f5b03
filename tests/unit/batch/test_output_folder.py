"""Files of a part are created once; a whole file of a killed process remains, and a damaged one is replaced."""

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_census.batch.output_folder import OutputFolder, name
from ml_census.batch.part_scoring import ScoredPart
from ml_census.batch.row_validation import Counts


def parquet(*values: float, column: str = "x") -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({column: values}), file)
    return file.getvalue()


PART = ScoredPart(parquet(1.0, 2.0), parquet(3.0), Counts(rows=3, rejected=1))
REPORT: dict[str, Any] = {"rows_out": 2}
NAMES = {"part-00007.json", "part-00007.parquet", "rejected-00007.parquet"}


def finish(path: Path) -> OutputFolder:
    folder = OutputFolder(f"{path}/")
    folder.finish(7, PART, REPORT)
    return folder


def test_files_of_a_part_are_created(tmp_path: Path) -> None:
    assert finish(tmp_path).files().keys() == NAMES
    assert (tmp_path / "part-00007.parquet").read_bytes() == PART.predictions
    assert (tmp_path / "rejected-00007.parquet").read_bytes() == PART.rejected


def test_part_without_rejected_rows_has_no_file_for_them(tmp_path: Path) -> None:
    OutputFolder(str(tmp_path)).finish(7, PART._replace(rejected=b""), REPORT)

    assert not (tmp_path / "rejected-00007.parquet").exists()


@pytest.mark.parametrize("existing", [PART.predictions, parquet(1.0, 2.0000000000000004)])
def test_whole_file_of_a_killed_process_remains(tmp_path: Path, existing: bytes) -> None:
    """Its last bits can differ if the process ran on another processor. The report is about this file."""
    (tmp_path / "part-00007.parquet").write_bytes(existing)

    finish(tmp_path)

    assert (tmp_path / "part-00007.parquet").read_bytes() == existing
    assert f'"bytes": {len(existing)}' in (tmp_path / "part-00007.json").read_text()


@pytest.mark.parametrize("existing", [b"", PART.predictions[:-9], parquet(1.0), parquet(1.0, 2.0, column="y")])
def test_damaged_or_foreign_file_is_replaced(tmp_path: Path, existing: bytes) -> None:
    (tmp_path / "part-00007.parquet").write_bytes(existing)

    finish(tmp_path)

    assert (tmp_path / "part-00007.parquet").read_bytes() == PART.predictions


def test_second_process_changes_no_file(tmp_path: Path) -> None:
    finish(tmp_path)
    before = {path: path.stat() for path in tmp_path.iterdir()}

    finish(tmp_path)

    assert {path: path.stat() for path in tmp_path.iterdir()}.keys() == before.keys()
    assert all(path.stat().st_mtime_ns == stat.st_mtime_ns for path, stat in before.items())


def test_files_below_other_folders_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/part-00000.json").touch()

    assert OutputFolder(str(tmp_path)).files() == {}


def test_name_of_a_part_has_five_digits() -> None:
    assert (name("part", 42, "json"), name("rejected", 123_456, "parquet")) == (
        "part-00042.json",
        "rejected-123456.parquet",
    )
