"""Functions that parse the tensors of an Open Inference Protocol request, and convert the tensors to rows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ml_census.protocols import binary_tensors
from ml_census.protocols.json_body import MalformedBodyError

DATATYPES = frozenset(["BYTES", *binary_tensors.FORMATS])

Tensor = list[list[Any]]
"""The values of a tensor: a list of rows, each of which is a list of values."""


def parse_tensors(inputs: Sequence[object], binary: bytes) -> dict[str, Tensor]:
    """Return the tensors by name. `inputs` is the JSON list, and `binary` has the bytes that follow the JSON document.

    Raises MalformedBodyError if a tensor is invalid, if a name occurs twice, or if
    bytes are left over.
    """
    tensors: dict[str, Tensor] = {}
    for tensor in inputs:
        name, rows, binary = _tensor(tensor, binary)
        if name in tensors:
            raise MalformedBodyError(f'tensor "{name}" is present twice')
        tensors[name] = rows
    if binary:
        raise MalformedBodyError(f"{len(binary)} bytes after the document belong to no tensor")
    return tensors


def _tensor(tensor: object, binary: bytes) -> tuple[str, Tensor, bytes]:
    """Return the name and the rows of a tensor, and the remaining bytes for the next tensors."""
    if not isinstance(tensor, dict) or not isinstance(name := tensor.get("name"), str):
        raise MalformedBodyError('each tensor must be a JSON object with "name", "shape", "datatype" and "data"')
    datatype = str(tensor.get("datatype"))
    if datatype not in DATATYPES:
        raise MalformedBodyError(f'tensor "{name}": the datatype must be one of {", ".join(sorted(DATATYPES))}')
    data = tensor.get("data")
    if data is None and (size := parameters_of(tensor).get("binary_data_size")) is not None:
        data, binary = _binary_values(name, datatype, size, binary)
    if not isinstance(data, list):
        raise MalformedBodyError(f'tensor "{name}": "data" must be a list, or the parameter "binary_data_size" present')
    return name, _reshape(name, data, tensor.get("shape")), binary


def _binary_values(name: str, datatype: str, size: object, binary: bytes) -> tuple[list[Any], bytes]:
    if type(size) is not int or not 0 <= size <= len(binary):
        raise MalformedBodyError(
            f'tensor "{name}": "binary_data_size" must be a number of bytes, at most {len(binary)}'
        )
    try:
        return binary_tensors.decode(datatype, binary[:size]), binary[size:]
    except MalformedBodyError as error:
        raise MalformedBodyError(f'tensor "{name}": {error}') from error


def _reshape(name: str, data: list[Any], shape: object) -> Tensor:
    flat = [value for row in data for value in row] if all(isinstance(row, list) for row in data) else data
    sizes = shape if isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape) else []
    if len(sizes) not in (1, 2) or math.prod(sizes) != len(flat):
        raise MalformedBodyError(f'tensor "{name}": the shape must be [rows] or [rows, columns], of {len(flat)} values')
    width = sizes[1] if len(sizes) == 2 else 1
    return [flat[start : start + width] for start in range(0, len(flat), max(width, 1))]


def rows_of(tensors: Mapping[str, Tensor], names: Sequence[str], required: Sequence[str]) -> list[Any]:
    """Return the rows in the tensors, not yet validated. `names` are the model's columns.

    If one tensor has all columns, or if there is exactly one tensor per column, a row
    is a list. Otherwise, a row is a dict by tensor name. Raises MalformedBodyError if a
    `required` column has no tensor, if the tensor of one column has several columns, or
    if the tensors differ in their number of rows.
    """
    first = next(iter(tensors.values()))
    if len(tensors) == 1 and first and len(first[0]) == len(names):
        return first
    _check(tensors, names, required)
    if tensors.keys() == set(names):
        return [[value for (value,) in row] for row in zip(*(tensors[name] for name in names), strict=True)]
    return _named_rows(tensors)


def _named_rows(tensors: Mapping[str, Tensor]) -> list[dict[str, Any]]:
    """Return the rows as dicts by tensor name. An item of a tensor without columns is None."""
    return [
        {name: values[0] if values else None for name, values in zip(tensors, row, strict=True)}
        for row in zip(*tensors.values(), strict=True)
    ]


def _check(tensors: Mapping[str, Tensor], names: Sequence[str], required: Sequence[str]) -> None:
    known = set(names)
    for name, rows in tensors.items():
        if name in known and rows and len(rows[0]) != 1:
            raise MalformedBodyError(f'tensor "{name}": the shape must be [rows] or [rows, 1]')
    if missing := [name for name in required if name not in tensors]:
        raise MalformedBodyError(
            f'tensor "{missing[0]}" is missing: the model has the columns {", ".join(names[:100])}'
        )
    if len({len(rows) for rows in tensors.values()}) > 1:
        raise MalformedBodyError("the tensors have different numbers of rows")


def parameters_of(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the "parameters" of a request, tensor or output; empty if they are missing or not a JSON object."""
    parameters = holder.get("parameters")
    return parameters if isinstance(parameters, dict) else {}
