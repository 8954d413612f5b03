"""The Open Inference Protocol over REST (V2), as KServe, Triton and MLServer speak it.

Rows come as one tensor a column, or as one tensor of text with a row of the model's columns in each of its rows.
https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_census.protocols.document import FormatError, finite, read

EXPECTED = 'the body must be a JSON object with "inputs", a list of tensors'
DATATYPES = frozenset(
    ["BOOL", "BYTES", "FP16", "FP32", "FP64", *(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))]
)
PREDICT, PREDICT_PROBA = "predict", "predict_proba"


@dataclass(frozen=True)
class Inference:
    """What is asked: rows, and which outputs."""

    rows: list[Any]
    outputs: tuple[str, ...]
    id: str | None


def parse(body: bytes, names: Sequence[str]) -> Inference:
    """The request, for a model with columns of these names. Raises FormatError."""
    document = read(body, EXPECTED)
    tensors = document.get("inputs")
    if not isinstance(tensors, list) or not tensors:
        raise FormatError(EXPECTED)
    columns = {}
    for tensor in tensors:
        name, rows = _tensor(tensor)
        if name in columns:
            raise FormatError(f'there are two tensors "{name}"')
        columns[name] = rows
    whole = next(iter(columns.values()))
    if len(columns) == 1 and whole and len(whole[0]) == len(names) > 1:
        return Inference(whole, _outputs(document), _id(document))
    return Inference(_rows(columns, names), _outputs(document), _id(document))


def _tensor(tensor: object) -> tuple[str, list[list[Any]]]:
    """The tensor's name, and its rows."""
    if not isinstance(tensor, dict) or not isinstance(name := tensor.get("name"), str):
        raise FormatError('each tensor must be a JSON object with "name", "shape", "datatype" and "data"')
    if str(tensor.get("datatype")) not in DATATYPES:
        raise FormatError(f'tensor "{name}": the datatype must be one of {", ".join(sorted(DATATYPES))}')
    shape, data = tensor.get("shape"), tensor.get("data")
    if not isinstance(data, list):
        raise FormatError(f'tensor "{name}": "data" must be there, as a list: binary tensors are not read')
    flat = [value for row in data for value in row] if all(isinstance(each, list) for each in data) else data
    sizes = shape if isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape) else []
    if len(sizes) not in (1, 2) or math.prod(sizes) != len(flat):
        raise FormatError(f'tensor "{name}": the shape must be [rows] or [rows, columns], of {len(flat)} values')
    width = sizes[1] if len(sizes) == 2 else 1
    return name, [flat[start : start + width] for start in range(0, len(flat), max(width, 1))]


def _rows(columns: Mapping[str, list[list[Any]]], names: Sequence[str]) -> list[Any]:
    for name, rows in columns.items():
        if name not in names:
            raise FormatError(f'the model has no column "{name}"; it has {", ".join(names[:100])}')
        if rows and len(rows[0]) != 1:
            raise FormatError(f'tensor "{name}": the shape must be [rows] or [rows, 1]')
    if missing := [name for name in names if name not in columns]:
        raise FormatError(f'there is no tensor "{missing[0]}"')
    if len({len(rows) for rows in columns.values()}) > 1:
        raise FormatError("the tensors are of different numbers of rows")
    return [[value for (value,) in row] for row in zip(*(columns[name] for name in names), strict=True)]


def _outputs(document: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = document.get("outputs") or [{"name": PREDICT}]
    if not isinstance(wanted, list):
        wanted = [None]
    names = [str(each.get("name")) if isinstance(each, dict) else "" for each in wanted]
    if not set(names) <= {PREDICT, PREDICT_PROBA}:
        raise FormatError(f'"outputs" can be {PREDICT} and {PREDICT_PROBA}, each as {{"name": …}}')
    return tuple(names)


def _id(document: Mapping[str, Any]) -> str | None:
    if not isinstance(given := document.get("id"), str | None):
        raise FormatError('"id" must be text')
    return given


def answer(
    asked: Inference, model: str, version: str, predictions: list[Any], probabilities: list[list[float]] | None
) -> dict[str, Any]:
    """The outputs that were asked for, in their order."""
    values = {PREDICT: predictions, PREDICT_PROBA: probabilities or []}
    outputs = [_output(name, finite(values[name])) for name in asked.outputs]
    given = {} if asked.id is None else {"id": asked.id}
    return {"model_name": model, "model_version": version, **given, "outputs": outputs}


def _output(name: str, rows: list[Any]) -> dict[str, Any]:
    width = len(rows[0]) if rows and isinstance(rows[0], list) else 1
    flat = [value for row in rows for value in row] if rows and isinstance(rows[0], list) else rows
    return {"name": name, "shape": [len(rows), width], "datatype": _datatype(flat), "data": flat}


def _datatype(values: list[Any]) -> str:
    kinds = {type(value) for value in values}
    return next((name for kind, name in ((str, "BYTES"), (float, "FP64"), (int, "INT64")) if kind in kinds), "BOOL")


def metadata(
    model: str, version: str, columns: Sequence[tuple[str, bool]], answers: list[Any] | None, probabilities: int | None
) -> dict[str, Any]:
    """What the model takes, column by column (name, whether it is a number), and gives: one of `answers`, or any number
    where there is no such list; so many probabilities. -1 is any number of rows."""
    inputs = [{"name": name, "datatype": "FP64" if number else "BYTES", "shape": [-1, 1]} for name, number in columns]
    outputs = [{"name": PREDICT, "datatype": "FP64" if answers is None else _datatype(answers), "shape": [-1, 1]}]
    if probabilities is not None:
        outputs.append({"name": PREDICT_PROBA, "datatype": "FP64", "shape": [-1, probabilities]})
    return {"name": model, "versions": [version], "platform": "sklearn", "inputs": inputs, "outputs": outputs}


def error(_status: int, message: str) -> dict[str, Any]:
    """What went wrong."""
    return {"error": message}
