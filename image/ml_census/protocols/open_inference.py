"""The Open Inference Protocol over REST (V2), as KServe, Triton and MLServer implement it.

Rows are one tensor per column, or one tensor of text with a row of all columns in each of its rows. The values of a
tensor are in the JSON document, or follow it as bytes (binary_tensors.py).
https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_census.protocols import binary_tensors
from ml_census.protocols.error_details import Details, with_first_detail
from ml_census.protocols.json_body import MalformedBodyError, parse_object, replace_non_finite

EXPECTED = 'the body must be a JSON object with "inputs", a list of tensors'
DATATYPES = frozenset(["BYTES", *binary_tensors.FORMATS])
PREDICT, PREDICT_PROBA = "predict", "predict_proba"

Tensor = list[list[Any]]
"""The values of a tensor by row and column."""


@dataclass(frozen=True)
class InferRequest:
    """The rows of a request, and the outputs that it requests."""

    rows: list[Any]
    outputs: tuple[tuple[str, bool], ...]
    """Name of each output, and whether its values are binary."""
    id: str | None

    @property
    def wants_probabilities(self) -> bool:
        """Whether the probabilities are among the outputs."""
        return any(name == PREDICT_PROBA for name, _ in self.outputs)


def parse(
    body: bytes, names: Sequence[str], length: str | None = None, required: Sequence[str] | None = None
) -> InferRequest:
    """Return the request of a body, for a model with columns of these names.

    `length` is the value of the header Inference-Header-Content-Length. The request must have tensors for the
    `required` columns (default: all).

    Raises MalformedBodyError.
    """
    text, binary = binary_tensors.split(body, length)
    document = parse_object(text, EXPECTED)
    tensors = _tensors(document, binary)
    first = next(iter(tensors.values()))
    if len(tensors) == 1 and first and len(first[0]) == len(names):
        rows: list[Any] = first
    else:
        rows = _rows(tensors, names, names if required is None else required)
    return InferRequest(rows, _outputs(document), _id(document))


def _tensors(document: Mapping[str, Any], binary: bytes) -> dict[str, Tensor]:
    inputs = document.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise MalformedBodyError(EXPECTED)
    tensors: dict[str, Tensor] = {}
    for tensor in inputs:
        name, rows, binary = _tensor(tensor, binary)
        if name in tensors:
            raise MalformedBodyError(f'there are two tensors "{name}"')
        tensors[name] = rows
    if binary:
        raise MalformedBodyError(f"{len(binary)} bytes after the document belong to no tensor")
    return tensors


def _tensor(tensor: object, binary: bytes) -> tuple[str, Tensor, bytes]:
    """Return the name and rows of a tensor, and the binary values of the tensors after it."""
    if not isinstance(tensor, dict) or not isinstance(name := tensor.get("name"), str):
        raise MalformedBodyError('each tensor must be a JSON object with "name", "shape", "datatype" and "data"')
    datatype = str(tensor.get("datatype"))
    if datatype not in DATATYPES:
        raise MalformedBodyError(f'tensor "{name}": the datatype must be one of {", ".join(sorted(DATATYPES))}')
    data = tensor.get("data")
    if data is None and (size := _parameters(tensor).get("binary_data_size")) is not None:
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


def _parameters(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = holder.get("parameters")
    return parameters if isinstance(parameters, dict) else {}


def _rows(tensors: Mapping[str, Tensor], names: Sequence[str], required: Sequence[str]) -> list[Any]:
    """Return lists of values if there is exactly one tensor per column, else objects by column name."""
    known = set(names)
    for name, rows in tensors.items():
        if name in known and rows and len(rows[0]) != 1:
            raise MalformedBodyError(f'tensor "{name}": the shape must be [rows] or [rows, 1]')
    if missing := [name for name in required if name not in tensors]:
        raise MalformedBodyError(f'there is no tensor "{missing[0]}"; the model has {", ".join(names[:100])}')
    if len({len(rows) for rows in tensors.values()}) > 1:
        raise MalformedBodyError("the tensors have different numbers of rows")
    if tensors.keys() == known:
        return [[value for (value,) in row] for row in zip(*(tensors[name] for name in names), strict=True)]
    return [
        {name: values[0] if values else None for name, values in zip(tensors, row, strict=True)}
        for row in zip(*tensors.values(), strict=True)
    ]


def _outputs(document: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    outputs = document.get("outputs") or [{"name": PREDICT}]
    if not isinstance(outputs, list) or not all(
        isinstance(output, dict) and output.get("name") in (PREDICT, PREDICT_PROBA) for output in outputs
    ):
        raise MalformedBodyError(f'"outputs" can be {PREDICT} and {PREDICT_PROBA}, each as {{"name": …}}')
    default = _parameters(document).get("binary_data_output") is True
    return tuple((output["name"], _parameters(output).get("binary_data", default) is True) for output in outputs)


def _id(document: Mapping[str, Any]) -> str | None:
    if not isinstance(identifier := document.get("id"), str | None):
        raise MalformedBodyError('"id" must be text')
    return identifier


def render(
    infer: InferRequest, model: str, version: str, predictions: list[Any], probabilities: list[list[float]] | None
) -> tuple[dict[str, Any], bytes]:
    """Return the response document with the requested outputs in their order, and the binary values after it."""
    values = {PREDICT: predictions, PREDICT_PROBA: probabilities or []}
    outputs, binary = [], b""
    for name, is_binary in infer.outputs:
        output, data = _output(name, values[name])
        if is_binary:
            encoded = binary_tensors.encode(output["datatype"], data)
            output["parameters"] = {"binary_data_size": len(encoded)}
            binary += encoded
        else:
            output["data"] = replace_non_finite(data)
        outputs.append(output)
    identifier = {} if infer.id is None else {"id": infer.id}
    return {"model_name": model, "model_version": version, **identifier, "outputs": outputs}, binary


def _output(name: str, rows: list[Any]) -> tuple[dict[str, Any], list[Any]]:
    """Return the description of a tensor, and its values row by row."""
    flat, count = rows, len(rows)
    while flat and isinstance(flat[0], list):  # probabilities of several outputs: concatenated within each row
        flat = [value for row in flat for value in row]
    width = len(flat) // count if count else 1
    return {"name": name, "shape": [count, width], "datatype": datatype_of(flat)}, flat


def datatype_of(values: Sequence[Any]) -> str:
    """Return the datatype of a tensor that can hold all of the values."""
    types = {type(value) for value in values}
    if str in types or not types:
        return "BYTES"
    if float in types or type(None) in types:
        return "FP64"
    if int not in types:
        return "BOOL"
    smallest, largest = min(values), max(values)
    ranges = {"INT64": (-(2**63), 2**63), "UINT64": (0, 2**64)}
    return next((name for name, (low, end) in ranges.items() if low <= smallest and largest < end), "FP64")


def render_metadata(
    model: str,
    version: str,
    columns: Sequence[tuple[str, str]],
    predictions: tuple[str, int],
    probabilities: int | None,
) -> dict[str, Any]:
    """Return the metadata document; -1 in a shape is any number of rows.

    `columns` are names and datatypes of the model's columns, `predictions` the datatype and the number of values per
    row, `probabilities` their number per row, or None.
    """
    inputs = [{"name": name, "datatype": datatype, "shape": [-1, 1]} for name, datatype in columns]
    outputs = [{"name": PREDICT, "datatype": predictions[0], "shape": [-1, predictions[1]]}]
    if probabilities is not None:
        outputs.append({"name": PREDICT_PROBA, "datatype": "FP64", "shape": [-1, probabilities]})
    return {"name": model, "versions": [version], "platform": "sklearn", "inputs": inputs, "outputs": outputs}


def render_error(_status: int, message: str, details: Details = ()) -> dict[str, Any]:
    """Return the error document."""
    return {"error": with_first_detail(message, details)}
