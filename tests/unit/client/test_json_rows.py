"""Rows of Python, numpy and pandas as JSON."""

import datetime
import json
import zoneinfo
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ml_census.client.json_rows import RowError, rows_of, text_of

NAMES = ["age", "sex"]


@pytest.mark.parametrize(
    "missing", [None, float("nan"), np.float32("nan"), np.datetime64("NaT", "D"), pd.NA, pd.NaT, Decimal("NaN")]
)
def test_missing_value_is_null(missing: object) -> None:
    assert json.loads(text_of([missing, "x"])) == [None, "x"]
    assert json.loads(text_of({"age": missing})) == {"age": None}


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (np.int64(7), 7),
        (np.uint8(7), 7),
        (np.float64(0.1), 0.1),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (np.array(7), 7),
        (True, True),
        (Decimal("12.50"), 12.5),
        (Decimal("9007199254740993"), 9007199254740993),
        (Decimal("1E+3"), 1000),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
        (datetime.datetime(2026, 1, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")), "2026-01-02T00:00:00+01:00"),
        (pd.Timestamp("2026-01-02 03:04"), "2026-01-02T03:04:00"),
        (np.datetime64("2026-01-02"), "2026-01-02T00:00:00"),
        (np.datetime64("2026-01-02T03:04:05.000000006"), "2026-01-02T03:04:05"),
    ],
)
def test_value_has_its_json_form(value: object, sent: object) -> None:
    (encoded,) = json.loads(text_of([value]))

    assert (encoded, type(encoded)) == (sent, type(sent))


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (float("inf"), "inf"),
        (np.float32("-inf"), "-inf"),
        (Decimal("Infinity"), "inf"),
        (b"x", "a value of type bytes"),
        (datetime.timedelta(1), "a value of type timedelta"),
        (np.timedelta64(1, "D"), "a value of type timedelta64"),
        (object(), "a value of type object"),
        (1j, "a value of type complex"),
        (np.array([1, 2]), "a value of type list"),
    ],
)
def test_value_without_json_form_is_rejected_with_its_column(value: object, got: str) -> None:
    reason = f"expected a number, text, true or false, a date, or a missing value, got {got}"
    for row, column in (([1, value], "1"), ({"x": 1, "age": value}, "age")):
        with pytest.raises(RowError) as raised:
            text_of(row)
        assert str(raised.value) == f"column {column}: {reason}"


@pytest.mark.parametrize(
    "row",
    [
        [1.5, "x"],
        (1.5, "x"),
        np.array([1.5, "x"], dtype=object),
        pd.Series([1.5, "x"]).array,
    ],
    ids=lambda row: type(row).__name__,
)
def test_row_may_be_any_sequence(row: object) -> None:
    assert json.loads(text_of(row)) == [1.5, "x"]


def test_series_is_a_row_by_name() -> None:
    assert json.loads(text_of(pd.Series({"age": np.nan, "sex": "x"}))) == {"age": None, "sex": "x"}


def test_text_is_a_row() -> None:
    assert json.loads(text_of("a text")) == "a text"


FRAME = pd.DataFrame(
    {
        "id": ["a", "b"],
        "sex": pd.Categorical(["m", None]),
        "age": pd.array([7, pd.NA], dtype="Int64"),
        "when": pd.Series(["2026-01-02", None]).astype("datetime64[ns]"),
        "is": [True, False],
    }
)


def test_frame_columns_are_sent_in_the_order_of_the_model() -> None:
    rows = [
        json.loads(text_of(row)) for row in rows_of(FRAME, ["age", "sex", "when", "is"], ["age", "sex", "when", "is"])
    ]

    assert rows == [[7, "m", "2026-01-02T00:00:00", True], [None, None, None, False]]


def test_frame_columns_match_a_model_without_names_by_position() -> None:
    assert [list(row) for row in rows_of(pd.DataFrame({"a": [1], "b": [2]}), ["0", "1"], ["0", "1"])] == [[1, 2]]


def test_numbered_frame_columns_match_by_number() -> None:
    assert [list(row) for row in rows_of(pd.DataFrame([[1, 2]], columns=[1, 0]), ["0", "1"], ["0", "1"])] == [[2, 1]]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (pd.DataFrame({"age": [1], "Sex": ["x"]}), "the DataFrame has no column sex: it has age, Sex"),
        (pd.DataFrame([[1, 2, 3]], columns=["age", "sex", "age"]), "the DataFrame has two columns age"),
        ({"age": 1}, "the rows must be a list of rows or a DataFrame, not one dict"),
        ("x", "the rows must be a list of rows or a DataFrame, not one str"),
    ],
    ids=["another name", "a name twice", "one row", "one text"],
)
def test_input_without_rows_of_the_model_is_rejected(table: object, reason: str) -> None:
    with pytest.raises(RowError) as raised:
        rows_of(table, NAMES, NAMES)

    assert str(raised.value) == reason


def test_deeply_nested_lists_are_rejected_with_the_column() -> None:
    row: list[object] = []
    for _ in range(100_000):
        row = [row]

    with pytest.raises(RowError, match=r"^column 0: expected a number.* got a value of type list$"):
        text_of(row)


def test_unused_column_may_be_left_out() -> None:
    frame = pd.DataFrame({"age": [1]})

    assert list(rows_of(frame, ["id", "age"], ["age"])) == [[None, 1]]
    assert list(rows_of(frame.assign(id="x"), ["id", "age"], ["age"])) == [["x", 1]]
