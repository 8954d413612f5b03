"""SageMaker's formats: arrays of NumPy, and CSV responses."""

import io
from typing import Any

import numpy as np
import pytest

from ml_census.protocols import sagemaker
from ml_census.protocols.json_body import MalformedBodyError

NUMBERS = np.array([[0.25, 1.5], [-1, 3], [2, np.nan]])


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("array", "rows"),
    [
        (NUMBERS, [[0.25, 1.5], [-1, 3], [2, None]]),
        (np.asfortranarray(NUMBERS), [[0.25, 1.5], [-1, 3], [2, None]]),
        (NUMBERS.astype(">f4"), [[0.25, 1.5], [-1, 3], [2, None]]),
        (NUMBERS.astype("longdouble"), [[0.25, 1.5], [-1, 3], [2, None]]),
        (np.array([1, 2], "uint8"), [[1], [2]]),
        (np.array([[True], [False]]), [[True], [False]]),
        (np.array([["a", "bä"]]), [["a", "bä"]]),
        (np.empty((0, 3)), []),
    ],
)
def test_array_is_parsed_as_rows(array: Any, rows: list[Any]) -> None:
    assert sagemaker.parse_npy(npy(array)) == rows


HEADER = b"\x93NUMPY\x01\x00"


def with_header(text: str, data: bytes = b"") -> bytes:
    return HEADER + len(text).to_bytes(2, "little") + text.encode() + data


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        npy(NUMBERS)[:-1],
        npy(NUMBERS) + b"x",
        npy(np.array([None, 1])),
        npy(np.zeros((2, 2, 2))),
        npy(np.array(1.0)),
        npy(np.array([1j])),
        npy(np.array(["2020-01-01"], dtype="datetime64[D]")),
        npy(np.array([b"x"])),
        npy(np.zeros(2, dtype=[("a", float)])),
        with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 1000000)}\n"),
        with_header("{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,)}\n"),
        with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 0)}\n"),
        with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}\n"),
        with_header("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}\n", b"\xff\xff\xff\xff"),
        with_header("{'descr': 'x', 'fortran_order': False, 'shape': (1,)}\n"),
        with_header("(" * 5000),
        with_header("{'descr': 9L, }"),
        HEADER.replace(b"\x01\x00", b"\x09\x00") + b"\0" * 100,
    ],
)
def test_other_data_than_an_array_of_rows_is_rejected(body: bytes) -> None:
    with pytest.raises(MalformedBodyError, match=r"the body is not an array \(.npy\)"):
        sagemaker.parse_npy(body)


@pytest.mark.parametrize(
    ("predictions", "text", "array"),
    [
        (["a,b", 'c"d'], '"a,b"\r\n"c""d"\r\n', ["a,b", 'c"d']),
        ([1, 2], "1\r\n2\r\n", [1, 2]),
        ([[1.5, 2.0], [3.0, 4.0]], "1.5,2.0\r\n3.0,4.0\r\n", [[1.5, 2.0], [3.0, 4.0]]),
        ([float("inf"), 1.0], "inf\r\n1.0\r\n", [float("inf"), 1.0]),
        ([True, False], "True\r\nFalse\r\n", [True, False]),
        ([1, "a"], "1\r\na\r\n", ["1", "a"]),
        ([2**70, 1], f"{2**70}\r\n1\r\n", [str(2**70), "1"]),
    ],
)
def test_predictions_are_rendered_as_csv_and_array(predictions: list[Any], text: str, array: list[Any]) -> None:
    assert sagemaker.render_csv(predictions) == text
    assert np.load(io.BytesIO(sagemaker.render_npy(predictions))).tolist() == array
