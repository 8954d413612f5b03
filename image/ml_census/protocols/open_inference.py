"""The Open Inference Protocol over REST (V2), as KServe, Triton and MLServer implement it.

A request has one tensor per column, or one tensor whose rows contain all columns. The
values of a tensor are in the JSON document, or follow the document as bytes
(tensors.py, binary_tensors.py).
https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_census.protocols import binary_tensors
from ml_census.protocols.error_details import Details, with_first_detail
from ml_census.protocols.json_body import MalformedBodyError, parse_object, replace_non_finite
from ml_census.protocols.tensors import parameters_of, parse_tensors, rows_of

EXPECTED = 'the body must be a JSON object with "inputs", a list of tensors'
PREDICT, PREDICT_PROBA = "predict", "predict_proba"


@dataclass(frozen=True)
class InferRequest:
    """The rows of a request, not yet validated, and the outputs that the client requests."""

    rows: list[Any]
    outputs: tuple[tuple[str, bool], ...]
    """Name of each requested output, and whether the response has the output's values
    as bytes."""
    id: str | None
    """Id that the client has given to the request; the response repeats this id."""

    @property
    def wants_probabilities(self) -> bool:
        """True if the client requests the probabilities (output predict_proba)."""
        return any(name == PREDICT_PROBA for name, _ in self.outputs)


def parse(
    body: bytes, names: Sequence[str], length: str | None = None, required: Sequence[str] | None = None
) -> InferRequest:
    """Return the parsed body of a request. `names` are the columns of the model.

    `length` is the value of the header Inference-Header-Content-Length, or None without
    this header. The request must have values for the `required` columns (default: all).
    Raises MalformedBodyError if the body does not have the format of the protocol, or
    lacks a required column.
    """
    text, binary = binary_tensors.split(body, length)
    document = parse_object(text, EXPECTED)
    tensors = parse_tensors(_inputs(document), binary)
    rows = rows_of(tensors, names, names if required is None else required)
    return InferRequest(rows, _outputs(document), _id(document))


def _inputs(document: Mapping[str, Any]) -> list[Any]:
    inputs = document.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise MalformedBodyError(EXPECTED)
    return inputs


def _outputs(document: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    outputs = document.get("outputs") or [{"name": PREDICT}]
    if not isinstance(outputs, list) or not all(
        isinstance(output, dict) and output.get("name") in (PREDICT, PREDICT_PROBA) for output in outputs
    ):
        raise MalformedBodyError(f'"outputs" can be {PREDICT} and {PREDICT_PROBA}, each as {{"name": …}}')
    default = parameters_of(document).get("binary_data_output") is True
    return tuple((output["name"], parameters_of(output).get("binary_data", default) is True) for output in outputs)


def _id(document: Mapping[str, Any]) -> str | None:
    if not isinstance(identifier := document.get("id"), str | None):
        raise MalformedBodyError('"id" must be text')
    return identifier


def render(
    infer: InferRequest, model: str, version: str, predictions: list[Any], probabilities: list[list[float]] | None
) -> tuple[dict[str, Any], bytes]:
    """Return the JSON object of the response, and the bytes that follow the JSON in the body.

    The bytes are the binary outputs, in the requested order. `predictions` and
    `probabilities` have one item per row.
    """
    values = {PREDICT: predictions, PREDICT_PROBA: probabilities or []}
    outputs, binary = [], b""
    for name, is_binary in infer.outputs:
        output, data = _output(name, values[name])
        binary += _add_data(output, data, is_binary)
        outputs.append(output)
    identifier = {} if infer.id is None else {"id": infer.id}
    return {"model_name": model, "model_version": version, **identifier, "outputs": outputs}, binary


def _add_data(output: dict[str, Any], data: list[Any], is_binary: bool) -> bytes:
    """Add the values to an output as JSON and return b"", or add the size of the values and return them as bytes."""
    if not is_binary:
        output["data"] = replace_non_finite(data)
        return b""
    encoded = binary_tensors.encode(output["datatype"], data)
    output["parameters"] = {"binary_data_size": len(encoded)}
    return encoded


def _output(name: str, rows: list[Any]) -> tuple[dict[str, Any], list[Any]]:
    """Return the name, shape and datatype of an output tensor, and its values row by row."""
    flat, count = rows, len(rows)
    while flat and isinstance(flat[0], list):  # probabilities of several outputs: concatenated within each row
        flat = [value for row in flat for value in row]
    width = len(flat) // count if count else 1
    return {"name": name, "shape": [count, width], "datatype": datatype_of(flat)}, flat


def datatype_of(values: Sequence[Any]) -> str:
    """Return the datatype of a tensor for all values: "BYTES" (text), "BOOL", "INT64", "UINT64" or "FP64".

    The datatype of an empty list is "BYTES". None and integers beyond the range of
    UINT64 need "FP64".
    """
    types = {type(value) for value in values}
    if str in types or not types:
        return "BYTES"
    if float in types or type(None) in types:
        return "FP64"
    if int not in types:
        return "BOOL"
    return _integer_type(min(values), max(values))


def _integer_type(smallest: int, largest: int) -> str:
    ranges = {"INT64": (-(2**63), 2**63), "UINT64": (0, 2**64)}
    return next((name for name, (low, end) in ranges.items() if low <= smallest and largest < end), "FP64")


def render_metadata(
    model: str,
    version: str,
    columns: Sequence[tuple[str, str]],
    predictions: tuple[str, int],
    probabilities: int | None,
) -> dict[str, Any]:
    """Return the metadata document of a model. The size -1 in a shape means any number of rows.

    `columns` has the name and the datatype of each column. `predictions` has the
    datatype of a prediction and the number of values for each row. `probabilities` is
    the number of probabilities for each row, or None.
    """
    inputs = [{"name": name, "datatype": datatype, "shape": [-1, 1]} for name, datatype in columns]
    outputs = [{"name": PREDICT, "datatype": predictions[0], "shape": [-1, predictions[1]]}]
    if probabilities is not None:
        outputs.append({"name": PREDICT_PROBA, "datatype": "FP64", "shape": [-1, probabilities]})
    return {"name": model, "versions": [version], "platform": "sklearn", "inputs": inputs, "outputs": outputs}


def render_error(_status: int, message: str, details: Details = ()) -> dict[str, Any]:
    """Return the JSON object of an error response: {"error": message with the first of `details`}."""
    return {"error": with_first_detail(message, details)}
