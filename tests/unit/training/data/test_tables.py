"""CSV and Parquet files are read with the types of the model, and errors name the line."""

import gzip
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ml_census.errors import ArtifactError
from ml_census.schema import Column, Schema
from ml_census.training.data.tables import Table, read_table

SCHEMA = Schema((Column("zip", "category", ("01", "02")), Column("age", "number"), Column("note", "text")), "frame")
CSV = "zip,age,note,y\n01,7,hot,0\n02,NA,NA,1\n"


def read(folder: Path, content: str | bytes, schema: Schema = SCHEMA, target: str = "y") -> Table:
    (folder / "train.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table("--data", str(folder / "train.csv"), schema, target)


def values(table: Table) -> dict[str, list[Any]]:
    plain = table.frame.astype(object).where(table.frame.notna(), None)
    return {str(name): plain[name].tolist() for name in plain}


EXPECTED = {"zip": ["01", "02"], "age": [7.0, None], "note": ["hot", "NA"], "y": [0, 1]}


@pytest.mark.parametrize(
    "content",
    [
        CSV,
        CSV.replace(",", ";"),
        CSV.replace(",", "\t"),
        CSV.replace(",", ", "),
        "\ufeff" + CSV,
        CSV.encode("utf-16"),
        gzip.compress(CSV.encode()),
        CSV.replace("\n", "\r\n"),
        CSV.replace("\n", "\n\n"),
    ],
    ids=["comma", "semicolon", "tab", "blanks", "bom", "utf-16", "gzip", "crlf", "blank lines"],
)
def test_dialects_of_csv_give_the_same_table(tmp_path: Path, content: str | bytes) -> None:
    assert values(read(tmp_path, content)) == EXPECTED


def test_windows_text_is_decoded(tmp_path: Path) -> None:
    table = read(tmp_path, "zip,age,note,y\n01,7,Müller,0\n".encode("windows-1252"))

    assert values(table)["note"] == ["Müller"]


def test_numbers_are_read_to_the_last_bit(tmp_path: Path) -> None:
    number = 0.07871986742536613

    assert values(read(tmp_path, f"zip,age,note,y\n01,{number!r},a,0\n"))["age"] == [number]


def test_empty_cell_is_missing_in_each_column(tmp_path: Path) -> None:
    assert values(read(tmp_path, "zip,age,note,y\n,,,1\n")) == {"zip": [None], "age": [None], "note": [None], "y": [1]}


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    frame = pd.DataFrame({"zip": ["01"], "age": [7], "note": ["hot"], "y": [True]})
    frame.to_parquet(tmp_path / "train.parquet")

    pd.testing.assert_frame_equal(
        read_table("--data", str(tmp_path / "train.parquet"), SCHEMA, "y").frame, frame, check_dtype=True
    )


def test_index_of_parquet_is_a_column_if_it_has_a_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"zip": ["01", "02"], "age": [7, 8], "note": ["a", "b"], "y": [0, 1]})
    for name, indexed in (("named", frame.set_index("zip")), ("plain", frame[::-1])):
        indexed.to_parquet(tmp_path / name)

    assert values(read_table("--data", str(tmp_path / "named"), SCHEMA, "y"))["zip"] == ["01", "02"]
    plain = read_table("--data", str(tmp_path / "plain"), SCHEMA, "y").frame
    assert (plain.index.tolist(), plain["zip"].tolist()) == ([0, 1], ["02", "01"])


def test_error_names_the_line_after_a_text_with_line_breaks(tmp_path: Path) -> None:
    table = read(tmp_path, 'zip,age,note,y\n01,7,"two\nlines",0\n\n02,8,hot,1\n')

    assert str(table.error("wrong", 1)) == f"--data: {tmp_path}/train.csv: line 5: wrong"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("age,note,y\n7,hot,1\n", "1 of the model's columns are missing: zip"),
        ("zip,age,note\n01,7,hot\n", "no target column y; the columns are zip, age, note"),
        ("zip,age,note,y,y\n01,7,hot,1,1\n", "two columns have the name y"),
        ("zip,age,note,y\n01,7,hot,1\n01,7,hot,1,5\n", "Expected 4 fields in line 3, saw 5"),
        ("zip,age,note,y\n01,7,hot,1,5\n", "the rows have more values than the 4 names"),
        ("", "no target column y"),
        (b"PK\x03\x04\0\0 a spreadsheet", "save a spreadsheet as CSV"),
        (b"PAR1 but not Parquet", "not a Parquet file"),
        (b"\x1f\x8b\x08 damaged", "not CSV and not Parquet"),
    ],
)
def test_unusable_file_is_rejected(tmp_path: Path, content: str | bytes, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason):
        read(tmp_path, content)


def test_parquet_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame({"y": [1]}).to_parquet(tmp_path / "train.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as if it were not installed

    with pytest.raises(ArtifactError, match=r"Parquet needs pyarrow: pip install 'ml-census\[batch\]'"):
        read_table("--data", str(tmp_path / "train.parquet"), SCHEMA, "y")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="--test: .*none.csv: not found"):
        read_table("--test", str(tmp_path / "none.csv"), SCHEMA, "y")
