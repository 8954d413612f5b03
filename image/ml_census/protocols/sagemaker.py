"""Two more forms of /invocations, which SageMaker's client for scikit-learn sends and accepts: NPY, and CSV answers.

https://sagemaker.readthedocs.io/en/stable/api/inference/serializers.html
"""

import csv
import io
import math
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from ml_census.protocols.json_body import MalformedBodyError

NPY, CSV = "application/x-npy", "text/csv"
EXPECTED = "the body is not an array (.npy) of numbers, booleans or text with one or two dimensions"
HEADERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}


def parse_npy(body: bytes) -> list[list[Any]]:
    """Return the rows of an array; NaN is a missing value, and an array of one dimension is one column.

    numpy.load would allocate what the header claims, so the header is held against the length first.
    Raises MalformedBodyError.
    """
    file = io.BytesIO(body)
    try:
        shape, fortran_order, dtype = HEADERS[npy_format.read_magic(file)](file)
        size = math.prod(shape) * dtype.itemsize
        is_empty = shape[0] == 0
        if dtype.kind not in "biufU" or len(shape) > 2 or size != len(body) - file.tell() or not (size or is_empty):
            raise MalformedBodyError(EXPECTED)
        array = np.frombuffer(body, dtype, offset=file.tell()).reshape(shape, order="F" if fortran_order else "C")
        array = array.reshape(len(array), -1) if len(array) else array
        return _with_missing(array.astype(float)) if dtype.kind == "f" else array.tolist()
    except MalformedBodyError:
        raise
    except Exception as error:  # numpy's reader lets through what Python's tokenizer raises
        raise MalformedBodyError(EXPECTED) from error


def _with_missing(array: Any) -> list[list[Any]]:
    missing = np.isnan(array)
    if not missing.any():
        return array.tolist()  # type: ignore[no-any-return]
    values = array.astype(object)
    values[missing] = None
    return values.tolist()  # type: ignore[no-any-return]


def npy_answer(predictions: list[Any]) -> bytes:
    """Return the predictions as an array, of text where they are of several kinds."""
    array = np.array(predictions)
    if array.dtype.kind not in "biufU" or len({isinstance(value, str) for value in predictions}) > 1:
        array = np.array(predictions, dtype=object).astype(str)
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def csv_answer(predictions: list[Any]) -> str:
    """Return one line per prediction (RFC 4180); several values of a row are several cells."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(value if isinstance(value, list) else [value] for value in predictions)
    return buffer.getvalue()
