"""Rows of a table are validated as the server validates the rows of a request."""

import math
from typing import Any

import pandas as pd
import pytest

from ml_census.errors import ArtifactError
from ml_census.schema import Column, Schema
from ml_census.training.data.tables import Table
from ml_census.training.data.validation import to_json_value, validate_rows

AGE = Column("age", "number", nullable=True)
SEX = Column("sex", "category", ("Female", "Male"), reject_unknown=True)
DAY = Column("day", "date", nullable=True)


def validated(column: Column, values: Any) -> list[Any]:
    table = Table(pd.DataFrame({column.name: values}), "X", "DataFrame", "")
    return validate_rows(Schema((column,), "frame"), table, [str(column.name)])[column.name].tolist()


@pytest.mark.parametrize("values", [[1, 2], [1.0, 2.0], ["1", " 2 "], pd.array([1, 2], "Int64")])
def test_numbers_of_each_dtype_are_floats(values: Any) -> None:
    assert validated(AGE, values) == [1.0, 2.0]


@pytest.mark.parametrize("values", [[1, None], ["1", "n/a"], pd.array([1, None], "Int64")])
def test_missing_number_is_nan(values: Any) -> None:
    one, missing = validated(AGE, values)

    assert (one, math.isnan(missing)) == (1, True)


def test_category_is_spelled_as_the_model_learnt_it() -> None:
    assert validated(SEX, [" Male", "Female", "Male"]) == ["Male", "Female", "Male"]


def test_pandas_category_is_its_value() -> None:
    assert validated(SEX, pd.Categorical(["Male", "Female"])) == ["Male", "Female"]


def test_date_is_text_and_missing_date_is_none() -> None:
    assert validated(DAY, pd.Series([pd.Timestamp("2024-03-05"), pd.NaT])) == ["2024-03-05T00:00:00", None]


def test_column_that_clients_omit_is_missing() -> None:
    schema = Schema((AGE, Column("id", nullable=True, dropped=True)), "frame")

    rows = validate_rows(schema, Table(pd.DataFrame({"age": [1]}), "X", "DataFrame", ""), ["age", None])

    assert rows["id"].tolist() == [None]


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        (SEX, ["Male", "M", "M"], "row 2: column sex is 'M', expected one of Female, Male; 2 rows have this value"),
        (AGE, ["1", "2", "x"], "row 3: column age is 'x', expected a number$"),
        (AGE, [1.0, math.inf], "row 2: column age is 'inf', expected a finite number"),
        (Column("age", "number"), [1.0, None], "row 2: column age is missing, expected a number"),
        (DAY, ["2024-03-05", "5 March"], "row 2: column day is '5 March', expected a date in ISO 8601"),
    ],
)
def test_invalid_value_is_named_with_its_row(column: Column, values: Any, reason: str) -> None:
    with pytest.raises(ArtifactError, match=f"X: DataFrame: {reason}"):
        validated(column, values)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(pd.NA, None), (pd.NaT, None), (float("nan"), None), (pd.Timestamp("2024-03-05 10:00"), "2024-03-05T10:00:00")],
)
def test_value_of_pandas_is_one_of_json(value: Any, expected: Any) -> None:
    assert to_json_value(value) == expected
