"""Datatypes of the Open Inference Protocol; test_open_inference.py of the views tests its bodies."""

from typing import Any

import pytest

from ml_census.protocols.open_inference import datatype_of


@pytest.mark.parametrize(
    ("values", "datatype"),
    [
        ([], "BYTES"),
        (["a", 1], "BYTES"),
        ([1, 2.5], "FP64"),
        ([1, None], "FP64"),
        ([True, False], "BOOL"),
        ([True, 2], "INT64"),
        ([-(2**63), 2**63 - 1], "INT64"),
        ([0, 2**64 - 1], "UINT64"),
        ([-1, 2**63], "FP64"),
        ([2**64], "FP64"),
    ],
)
def test_datatype_can_hold_all_values(values: list[Any], datatype: str) -> None:
    assert datatype_of(values) == datatype
