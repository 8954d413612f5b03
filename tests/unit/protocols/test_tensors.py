"""Rows of tensors; test_open_inference.py of the views tests malformed ones."""

from typing import Any

import pytest

from ml_census.protocols.json_body import MalformedBodyError
from ml_census.protocols.tensors import parse_tensors, rows_of

NAMES = ["age", "sex"]


def tensor(name: str, shape: list[int], data: list[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": "BYTES", "shape": shape, "data": data}


@pytest.mark.parametrize(
    ("inputs", "rows"),
    [
        ([tensor("sex", [2], ["f", "m"]), tensor("age", [2, 1], [1, 2])], [[1, "f"], [2, "m"]]),
        ([tensor("any", [2, 2], [1, "f", 2, "m"])], [[1, "f"], [2, "m"]]),
        ([tensor("age", [1], [1])], [{"age": 1}]),
    ],
    ids=["one per column", "one of all columns", "an optional column is absent"],
)
def test_rows_are_lists_or_objects(inputs: list[dict[str, Any]], rows: list[Any]) -> None:
    assert rows_of(parse_tensors(inputs, b""), NAMES, ["age"]) == rows


def test_tensors_of_different_lengths_are_rejected() -> None:
    inputs = [tensor("age", [1], [1]), tensor("note", [1, 0], [])]

    with pytest.raises(MalformedBodyError, match="different numbers of rows"):
        rows_of(parse_tensors(inputs, b""), NAMES, ["age"])


def test_binary_values_are_taken_in_the_order_of_the_tensors() -> None:
    inputs = [{"name": name, "datatype": "INT8", "shape": [1], "parameters": {"binary_data_size": 1}} for name in NAMES]

    assert rows_of(parse_tensors(inputs, b"\x07\x08"), NAMES, NAMES) == [[7, 8]]
