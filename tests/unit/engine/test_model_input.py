"""Rows reach the model in the form, and with the dtypes, in which it was fitted."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_census.engine.model_input import to_model_input
from ml_census.schema import Column, Schema, SchemaError, schema_from_json, schema_to_json


def input_of(schema: Schema, *rows: list[Any]) -> Any:
    return to_model_input(schema, schema.validate_rows(list(rows)).columns)


def dtype_of(column: Column, value: Any) -> str:
    frame = input_of(Schema((column,), "frame"), [value])
    return str(frame.dtypes.iloc[0])


@pytest.mark.parametrize("value", [1, 1.5, "1", True, None, 10**30])
def test_numbers_are_float64_columns(value: Any) -> None:
    """Whole numbers in JSON became int64 columns, which imputers of floats reject."""
    assert dtype_of(Column("a", "number", nullable=True), value) == "float64"


@pytest.mark.parametrize(
    ("column", "value", "dtype"),
    [
        (Column("a", "category", ("x", "y")), "x", "object"),
        (Column("a", "category", ("x", "y"), dtype="category"), "x", "category"),
        (Column("a", "category", (False, True), dtype="bool"), "true", "bool"),
        (Column("a", "number", dtype="Int64", nullable=True), None, "Int64"),
        (Column("a", "number", dtype="Float64", nullable=True), None, "Float64"),
        (Column("a", "category", (False, True), dtype="boolean"), True, "boolean"),
        (Column("a", "text", dtype="string"), "x", "string"),
        (Column("a", "text", dtype="str"), "x", "str"),
        (Column("a", "date", dtype="datetime64[ns]"), "2024-03-05", "datetime64[ns]"),
        (Column("a", "date", dtype="datetime64[ns]", nullable=True), None, "datetime64[ns]"),
        (Column("a", "date", dtype="datetime64[us, UTC]"), "2024-03-05T10:00:00+02:00", "datetime64[us, UTC]"),
        (Column("a", "any"), "x", "str"),
    ],
    ids=lambda value: str(getattr(value, "dtype", value)),
)
def test_column_has_the_dtype_of_its_schema(column: Column, value: Any, dtype: str) -> None:
    schema = schema_from_json(json.loads(json.dumps(schema_to_json(Schema((column,), "frame")))))

    assert dtype_of(schema.columns[0], value) == dtype


def test_categories_keep_their_order_and_unknown_is_missing() -> None:
    schema = Schema((Column("a", "category", ("y", "x"), nullable=True, dtype="category"),), "frame")

    frame = input_of(schema, ["x"], ["z"], [None])

    assert frame["a"].cat.codes.tolist() == [1, -1, -1]


def test_dates_are_in_utc_without_a_time_zone() -> None:
    frame = input_of(Schema((Column("a", "date"),), "frame"), ["2024-03-05T10:00:00+02:00"])

    assert frame["a"].tolist() == [pd.Timestamp("2024-03-05 08:00")]


def test_numbers_form_is_a_float64_array() -> None:
    rows = input_of(Schema((Column(0, "number"), Column(1, "number")), "numbers"), [1, 2])

    assert (rows.dtype, rows.tolist()) == (np.float64, [[1.0, 2.0]])


@pytest.mark.parametrize(("category", "width"), [("x", 32), ("x" * 50, 51)])
def test_text_form_is_as_wide_as_the_longest_category(category: str, width: int) -> None:
    """One character more than the longest category tells a longer text apart."""
    rows = input_of(Schema((Column(0, "category", (category,)),), "text"), ["z" * 100])

    assert rows.dtype == f"<U{width}"


def test_objects_form_keeps_python_values() -> None:
    rows = input_of(Schema((Column(0, "any"), Column(1, "number")), "objects"), ["a", 2])

    assert (rows.dtype, rows.tolist()) == (object, [["a", 2]])


def test_documents_form_is_a_list_of_texts() -> None:
    assert input_of(Schema((Column("text", "text"),), "documents"), ["a"], ["b"]) == ["a", "b"]


def test_dtype_that_pandas_does_not_have_is_rejected() -> None:
    entry = {"name": "a", "type": "number", "dtype": "int65"}

    with pytest.raises(SchemaError, match="column a: dtype must be the name of a pandas dtype"):
        schema_from_json({"form": "frame", "columns": [entry]})
