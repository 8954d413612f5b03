"""Rows with a target, and their positions in the table."""

import numpy as np
import pandas as pd
import pytest

from ml_census.errors import ArtifactError
from ml_census.schema import Column, Schema
from ml_census.training.data.table_rows import TableRows, TargetColumn, find_columns, label_rows
from ml_census.training.data.tables import Table

SCHEMA = Schema((Column("x", "number"),), "frame")
TARGET = TargetColumn("y", ("town",), ["no", "yes"], {"no": "stays", "yes": "leaves"})
FRAME = pd.DataFrame({"town": list("abcd"), "x": [1, 2, 3, 4], "y": ["no", None, "yes", "leaves"], "id": range(4)})


def labelled(frame: pd.DataFrame = FRAME) -> TableRows:
    return label_rows(Table(frame, "X", "DataFrame", ""), SCHEMA, TARGET)


def test_rows_without_target_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    rows = labelled()

    assert rows.labelled.rows.to_dict("list") == {"x": [1.0, 3.0, 4.0], "town": ["a", "c", "d"]}
    assert rows.labelled.target.tolist() == ["no", "yes", "yes"]
    assert rows.positions.tolist() == [0, 2, 3]
    assert "1 rows have no value in y" in capsys.readouterr().err


def test_sample_keeps_the_order_and_the_positions() -> None:
    rows = labelled(pd.concat([FRAME] * 25, ignore_index=True))

    sample = rows.sample(10)

    assert len(sample) == len(sample.labelled) == 10
    assert sample.positions.tolist() == sorted(set(sample.positions.tolist()))
    towns = np.array(list("abcd"))[sample.positions % 4]
    assert sample.labelled.rows["town"].tolist() == towns.tolist()
    assert sample.labelled.rows.index.tolist() == list(range(10))


def test_sample_of_few_rows_is_all_rows() -> None:
    rows = labelled()

    assert rows.sample(3) is rows


def test_table_without_targets_is_rejected() -> None:
    with pytest.raises(ArtifactError, match="X: DataFrame: no row has a value in the target column y"):
        labelled(FRAME.assign(y=None))


def test_missing_column_is_named() -> None:
    with pytest.raises(ArtifactError, match="X: DataFrame: 1 of the model's columns are missing: x"):
        find_columns(Table(FRAME.drop(columns="x"), "X", "DataFrame", ""), SCHEMA, TARGET)
