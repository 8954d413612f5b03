"""The Open Inference Protocol over REST (V2), as KServe, Triton and MLServer speak it.

Rows come as one tensor a column, or as one tensor of text with a row of the model's columns in each of its rows. The
values of a tensor are in the document, or binary behind it (binary_tensors.py).
https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_census.protocols import binary_tensors
from ml_census.protocols.json_body import MalformedBodyError, finite, read

EXPECTED = 'the body must be a JSON object with "inputs", a list of tensors'
DATATYPES = frozenset(["BYTES", *binary_tensors.FORMATS])
PREDICT, PREDICT_PROBA = "predict", "predict_proba"


@dataclass(frozen=True)
class InferRequest:
    """What is asked: rows, and which outputs, each with whether it is wanted in binary."""

    rows: list[Any]
    outputs: tuple[tuple[str, bool], ...]
    id: str | None

    @property
    def probabilities(self) -> bool:
        """Whether they are among the outputs."""
        return any(name == PREDICT_PROBA for name, _ in self.outputs)


def parse(
    body: bytes, names: Sequence[str], length: str | None = None, required: Sequence[str] | None = None
) -> InferRequest:
    """The request, for a model with columns of these names; `length` is the header of binary tensors. There must be
    tensors for the columns of `required`: for all, unless given.

    Raises MalformedBodyError.
    """
    text, binary = binary_tensors.split(body, length)
    document = read(text, EXPECTED)
    tensors = document.get("inputs")
    if not isinstance(tensors, list) or not tensors:
        raise MalformedBodyError(EXPECTED)
    columns = {}
    for tensor in tensors:
        name, rows, binary = _tensor(tensor, binary)
        if name in columns:
            raise MalformedBodyError(f'there are two tensors "{name}"')
        columns[name] = rows
    if binary:
        raise MalformedBodyError(f"{len(binary)} bytes behind the document are of no tensor")
    whole = next(iter(columns.values()))
    if len(columns) == 1 and whole and len(whole[0]) == len(names):
        return InferRequest(whole, _outputs(document), _id(document))
    return InferRequest(
        _rows(columns, names, names if required is None else required), _outputs(document), _id(document)
    )


def _tensor(tensor: object, binary: bytes) -> tuple[str, list[list[Any]], bytes]:
    """The tensor's name, its rows, and what it leaves of the binary values."""
    if not isinstance(tensor, dict) or not isinstance(name := tensor.get("name"), str):
        raise MalformedBodyError('each tensor must be a JSON object with "name", "shape", "datatype" and "data"')
    datatype = str(tensor.get("datatype"))
    if datatype not in DATATYPES:
        raise MalformedBodyError(f'tensor "{name}": the datatype must be one of {", ".join(sorted(DATATYPES))}')
    shape, data = tensor.get("shape"), tensor.get("data")
    if data is None and (size := _parameters(tensor).get("binary_data_size")) is not None:
        if type(size) is not int or not 0 <= size <= len(binary):
            raise MalformedBodyError(f'tensor "{name}": "binary_data_size" must be a number of bytes that are there')
        try:
            data, binary = binary_tensors.decode(datatype, binary[:size]), binary[size:]
        except MalformedBodyError as error:
            raise MalformedBodyError(f'tensor "{name}": {error}') from error
    if not isinstance(data, list):
        raise MalformedBodyError(
            f'tensor "{name}": "data" must be there, as a list, or "binary_data_size" as a parameter'
        )
    flat = [value for row in data for value in row] if all(isinstance(each, list) for each in data) else data
    sizes = shape if isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape) else []
    if len(sizes) not in (1, 2) or math.prod(sizes) != len(flat):
        raise MalformedBodyError(f'tensor "{name}": the shape must be [rows] or [rows, columns], of {len(flat)} values')
    width = sizes[1] if len(sizes) == 2 else 1
    return name, [flat[start : start + width] for start in range(0, len(flat), max(width, 1))], binary


def _parameters(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    given = holder.get("parameters")
    return given if isinstance(given, dict) else {}


def _rows(columns: Mapping[str, list[list[Any]]], names: Sequence[str], required: Sequence[str]) -> list[Any]:
    """Lists of values where there is a tensor for each column and no other, else objects by column name."""
    known = set(names)
    for name, rows in columns.items():
        if name in known and rows and len(rows[0]) != 1:
            raise MalformedBodyError(f'tensor "{name}": the shape must be [rows] or [rows, 1]')
    if missing := [name for name in required if name not in columns]:
        raise MalformedBodyError(f'there is no tensor "{missing[0]}"; the model has {", ".join(names[:100])}')
    if len({len(rows) for rows in columns.values()}) > 1:
        raise MalformedBodyError("the tensors are of different numbers of rows")
    if columns.keys() == known:
        return [[value for (value,) in row] for row in zip(*(columns[name] for name in names), strict=True)]
    return [
        {name: each[0] if each else None for name, each in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]


def _outputs(document: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    wanted = document.get("outputs") or [{"name": PREDICT}]
    if not isinstance(wanted, list) or not all(
        isinstance(each, dict) and each.get("name") in (PREDICT, PREDICT_PROBA) for each in wanted
    ):
        raise MalformedBodyError(f'"outputs" can be {PREDICT} and {PREDICT_PROBA}, each as {{"name": …}}')
    usual = _parameters(document).get("binary_data_output") is True
    return tuple((each["name"], _parameters(each).get("binary_data", usual) is True) for each in wanted)


def _id(document: Mapping[str, Any]) -> str | None:
    if not isinstance(given := document.get("id"), str | None):
        raise MalformedBodyError('"id" must be text')
    return given


def answer(
    asked: InferRequest, model: str, version: str, predictions: list[Any], probabilities: list[list[float]] | None
) -> tuple[dict[str, Any], bytes]:
    """The outputs that were asked for, in their order: the document, and what follows it in binary."""
    values = {PREDICT: predictions, PREDICT_PROBA: probabilities or []}
    outputs, binary = [], b""
    for name, is_binary in asked.outputs:
        output, data = _output(name, values[name])
        if is_binary:
            encoded = binary_tensors.encode(output["datatype"], data)
            output["parameters"] = {"binary_data_size": len(encoded)}
            binary += encoded
        else:
            output["data"] = finite(data)
        outputs.append(output)
    given = {} if asked.id is None else {"id": asked.id}
    return {"model_name": model, "model_version": version, **given, "outputs": outputs}, binary


def _output(name: str, rows: list[Any]) -> tuple[dict[str, Any], list[Any]]:
    """The description of a tensor, and its values row by row."""
    flat, count = rows, len(rows)
    while flat and isinstance(flat[0], list):  # the probabilities of several outputs follow each other in a row
        flat = [value for row in flat for value in row]
    return {"name": name, "shape": [count, len(flat) // count if count else 1], "datatype": datatype(flat)}, flat


def datatype(values: Sequence[Any]) -> str:
    """The datatype of a tensor that holds all of the values."""
    kinds = {type(value) for value in values}
    if str in kinds or not kinds:
        return "BYTES"
    if float in kinds or type(None) in kinds:
        return "FP64"
    if int not in kinds:
        return "BOOL"
    least, most = min(values), max(values)
    fitting = {"INT64": (-(2**63), 2**63), "UINT64": (0, 2**64)}
    return next((name for name, (low, end) in fitting.items() if low <= least and most < end), "FP64")


def metadata(
    model: str,
    version: str,
    columns: Sequence[tuple[str, str]],
    answers: tuple[str, int],
    probabilities: int | None,
) -> dict[str, Any]:
    """What the model takes, column by column (name, datatype), and gives: the datatype and the number of the answers to
    a row, and the number of probabilities, if it has these. -1 is any number of rows."""
    inputs = [{"name": name, "datatype": datatype, "shape": [-1, 1]} for name, datatype in columns]
    outputs = [{"name": PREDICT, "datatype": answers[0], "shape": [-1, answers[1]]}]
    if probabilities is not None:
        outputs.append({"name": PREDICT_PROBA, "datatype": "FP64", "shape": [-1, probabilities]})
    return {"name": model, "versions": [version], "platform": "sklearn", "inputs": inputs, "outputs": outputs}


def error(_status: int, message: str) -> dict[str, Any]:
    """What went wrong."""
    return {"error": message}
