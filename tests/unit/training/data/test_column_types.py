"""Types and missing values that a fitted model does not state are learnt from its training data."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.neighbors import KNeighborsClassifier

from ml_census.models.pickles.predictor_factory import learn_schema
from ml_census.schema import Column, Schema
from ml_census.training.data.column_types import complete_schema, with_booleans
from ml_census.training.data.tables import Table


class Anything(RegressorMixin, BaseEstimator):
    """A model that accepts a value of any type, except missing values in the columns `required`."""

    def __init__(self, required: tuple[str, ...] = ()) -> None:
        self.required = required

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        if rows[list(self.required)].isna().any(axis=None):
            raise ValueError("a missing value")
        return np.zeros(len(rows))


def completed(values: dict[str, Any], *columns: Column, model: Any = None) -> list[Column]:
    frame = pd.DataFrame(values)
    schema = Schema(columns or tuple(Column(name) for name in values), "frame")
    table = Table(frame, "X", "DataFrame", "")
    return [*complete_schema(model or Anything(), schema, table, [*frame.columns]).columns]


def test_unknown_types_are_those_of_the_data() -> None:
    columns = completed(
        {
            "count": [1, 2, 3, 4],
            "paid": [True, False, True, True],
            "day": pd.to_datetime(["2024-03-05"] * 4),
            "plan": ["a", "b", "b", "a"],
            "note": ["one", "two", "three", "four"],
            "size": pd.Categorical(["S", "M", "S", "M"], ["S", "M", "L"]),
        }
    )

    assert columns == [
        Column("count", "number"),
        Column("paid", "category", (False, True), dtype="bool"),
        Column("day", "date"),
        Column("plan", "category", ("a", "b")),
        Column("note", "text"),
        Column("size", "category", ("S", "M", "L"), dtype="category"),
    ]


@pytest.mark.parametrize("values", [["2024-03-05", None], pd.to_datetime(["2024-03-05", "NaT"])])
def test_dates_in_a_column_of_numbers_become_dates(values: Any) -> None:
    (day,) = completed({"day": values}, Column("day", "number"))

    assert (day.type, day.nullable) == ("date", True)


@pytest.mark.parametrize("values", [[20240305, 20240306], ["20240305", "yesterday"], [None, None]])
def test_other_values_in_a_column_of_numbers_do_not(values: Any) -> None:
    (day,) = completed({"day": values}, Column("day", "number"))

    assert day.type == "number"


def test_type_that_the_model_rejects_is_not_used() -> None:
    class OnlyText(Anything):
        def predict(self, rows: pd.DataFrame) -> np.ndarray:
            return np.array([len(text) for text in rows["code"]])

    assert completed({"code": [1, 2, 3]}, model=OnlyText()) == [Column("code")]


def test_column_with_missing_values_becomes_nullable() -> None:
    age, fee = completed({"age": [1.0, None], "fee": [1.0, 2.0]}, Column("age", "number"), Column("fee", "number"))

    assert (age.nullable, fee.nullable) == (True, False)


def test_missing_value_that_the_model_rejects_stays_invalid() -> None:
    columns = (Column("age", "number"), Column("fee", "number"))

    age, fee = completed({"age": [None, 1.0], "fee": [None, 2.0]}, *columns, model=Anything(("age",)))

    assert (age.nullable, fee.nullable) == (False, True)


def test_types_that_the_model_needs_together_are_found() -> None:
    class Days(Anything):
        def predict(self, rows: pd.DataFrame) -> np.ndarray:
            names = rows["plan"].str.upper() + rows["town"].str.upper()
            return np.asarray((rows["end"] - rows["start"]).dt.days + names.str.len() + rows["fee"] + ~rows["paid"])

    values = {
        "start": ["2024-03-05", "2024-03-06", "2024-04-06"] * 2,
        "end": ["2024-05-05", "2024-05-06", "2024-05-06"] * 2,
        "fee": [1.5, 2.5, 3.5] * 2,
        "plan": ["a", "b", "b"] * 2,
        "town": ["x", "y", "z"] * 2,
        "paid": [True, False, True] * 2,
    }

    assert [column.type for column in completed(values, model=Days())] == [
        "date", "date", "number", "category", "category", "category"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "kind"), [([True, False], "category"), ([1, 0], "number"), ([True, None], "number")]
)
def test_booleans_that_compile_are_a_category(values: list[Any], kind: str) -> None:
    frame = pd.DataFrame({"paid": values * 50, "fee": np.arange(100.0)})
    model = HistGradientBoostingClassifier(max_iter=2).fit(frame.astype(float), [0, 1] * 50)

    schema = with_booleans(model, learn_schema(model), Table(frame, "X", "DataFrame", ""), [*frame.columns])

    assert [column.type for column in schema.columns] == [kind, "number"]


def test_booleans_of_a_model_that_does_not_compile_stay_numbers() -> None:
    frame = pd.DataFrame({"paid": [True, False] * 5})
    model = KNeighborsClassifier(1).fit(frame, [0, 1] * 5)

    schema = with_booleans(model, learn_schema(model), Table(frame, "X", "DataFrame", ""), ["paid"])

    assert schema.columns[0].type == "number"
