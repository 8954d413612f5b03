"""Requests to each protocol for the same two rows of the sample model "dataframe"."""

from typing import Any, Protocol

from werkzeug.test import TestResponse

from support.sample_models import NAMES

MODEL_NAME, VERSION = "census", "0123456789ab"
PREDICTION, V1, V2, MLFLOW = "/prediction", "/v1/models/census:predict", "/v2/models/census/infer", "/invocations"
VERTEX, VERTEX_HEALTH = "/vertex/predict", "/vertex/health"

ROW = [39, "Private", 14, "Male"]
ROWS = [ROW, [25, "Self-emp", 3, "Female"]]
COLUMNS: list[list[Any]] = [list(column) for column in zip(*ROWS, strict=True)]
RECORDS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
CSV = "\n".join(",".join(map(str, row)) for row in ROWS)
DATATYPES = ["INT64", "BYTES", "FP32", "BYTES"]


class Post(Protocol):
    """Send a request with a valid token: the body is bytes or text, or a document to be sent as JSON."""

    def __call__(
        self, path: str, body: Any, content_type: str = "application/json", /, method: str = "POST", **headers: str
    ) -> TestResponse:
        """Return the response. In the names of headers `_` is `-`."""


def tensors(columns: list[list[Any]] = COLUMNS, width: int | None = 1) -> list[dict[str, Any]]:
    """Return one tensor per column, as KServe and MLServer write a DataFrame; `width` None: the shape is [rows]."""
    return [
        {"name": name, "datatype": datatype, "shape": [len(data), width] if width else [len(data)], "data": data}
        for name, datatype, data in zip(NAMES, DATATYPES, columns, strict=True)
    ]


BODIES: dict[str, dict[str, Any]] = {
    PREDICTION: {"inputs": ROWS},
    V1: {"instances": ROWS},
    VERTEX: {"instances": ROWS},
    V2: {"inputs": tensors()},
    MLFLOW: {"inputs": ROWS},
}
"""A valid body for each path that predicts."""
PATHS_OF_ROWS = [path for path in BODIES if path != V2]
"""Paths whose bodies are rows, not tensors."""


def error_message(response: TestResponse) -> str:
    """Return the message of an error in the format of any protocol."""
    document = response.json or {}
    return str(document.get("error message") or document.get("error") or document.get("message"))
