"""Formats of /invocations for SageMaker's scikit-learn client: NumPy arrays (.npy), and responses in CSV.

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
DTYPE_KINDS = "biufU"
"""Accepted dtype.kind of NumPy arrays: boolean, signed and unsigned integer, float and
text."""


def parse_npy(body: bytes) -> list[list[Any]]:
    """Return the rows of an array in .npy format, not yet validated. NaN becomes None.

    The shape is (rows, columns), or (rows,) for one column. The dtype is boolean,
    integer, float or text. Raises MalformedBodyError if the body is any other data.
    """
    try:
        return _to_rows(_read_array(body))
    except MalformedBodyError:
        raise
    except Exception as error:  # numpy's reader lets exceptions of Python's tokenizer through
        raise MalformedBodyError(EXPECTED) from error


def _read_array(body: bytes) -> "np.ndarray[Any, Any]":
    """Return the array in a body. Raises MalformedBodyError if the data has another size than the header says.

    numpy.load would first allocate the memory for the size in the header.
    """
    file = io.BytesIO(body)
    shape, fortran_order, dtype = HEADERS[npy_format.read_magic(file)](file)
    size = math.prod(shape) * dtype.itemsize
    is_empty = shape[0] == 0
    has_data = size == len(body) - file.tell() and (size > 0 or is_empty)
    if dtype.kind not in DTYPE_KINDS or len(shape) > 2 or not has_data:
        raise MalformedBodyError(EXPECTED)
    return np.frombuffer(body, dtype, offset=file.tell()).reshape(shape, order="F" if fortran_order else "C")


def _to_rows(array: "np.ndarray[Any, Any]") -> list[list[Any]]:
    values = array.reshape(len(array), -1) if len(array) else array
    if values.dtype.kind == "f":
        missing = np.isnan(values)
        values = values.astype(float)  # float64, also from longdouble
        if missing.any():
            values = values.astype(object)
            values[missing] = None
    rows: list[list[Any]] = values.tolist()
    return rows


def render_npy(predictions: list[Any]) -> bytes:
    """Return the predictions as an array in .npy format, of shape (rows,) or (rows, outputs).

    Predictions of mixed types become text.
    """
    array = np.array(predictions)
    if array.dtype.kind not in DTYPE_KINDS or len({isinstance(value, str) for value in predictions}) > 1:
        array = np.array(predictions, dtype=object).astype(str)
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def render_csv(predictions: list[Any]) -> str:
    """Return one line per prediction (RFC 4180), with one cell per value."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(value if isinstance(value, list) else [value] for value in predictions)
    return buffer.getvalue()
