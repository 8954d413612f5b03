"""Views of the Open Inference Protocol (V2): /v2."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Response, abort, request

from ml_census import __version__
from ml_census.api import request_body
from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.credentials import authenticate
from ml_census.api.prediction_service import PredictionResult
from ml_census.api.responses import json_response, to_json
from ml_census.api.state import current_state
from ml_census.api.views import kserve
from ml_census.artifacts.bundle import Artifacts
from ml_census.protocols import binary_tensors, open_inference

MODEL = "/models/{model}"
VERSION = f"{MODEL}/versions/<version>"
PROBABILITIES_HINT = 'request the output "predict_proba" in the body'

blueprint = ApiBlueprint(
    "open_inference", protocol="open-inference", render_error=open_inference.render_error, url_prefix="/v2"
)
blueprint.get("/models")(kserve.list_models)


@blueprint.get("")
def server_metadata() -> Response:
    """Return the name and version of the server, and the protocol extensions that the server supports."""
    return json_response({"name": "ml-census", "version": __version__, "extensions": [binary_tensors.EXTENSION]})


@blueprint.probe("/health/live")
def server_live() -> Response:
    """Return status 200 while the process runs."""
    return json_response({"live": True})


@blueprint.probe("/health/ready")
def server_ready() -> Response:
    """Return status 200, or status 503 after SIGTERM."""
    is_ready = current_state().is_ready()
    return json_response({"ready": is_ready}, 200 if is_ready else 503)


@blueprint.probe(f"{MODEL}/ready")
@blueprint.probe(f"{VERSION}/ready")
def model_ready(version: str = "") -> Response:
    """Return whether the model is ready: status 200, 503 after SIGTERM, or 404 if `version` is not loaded."""
    _require_served_version(current_state().artifacts, version)
    return kserve.model_ready()


@blueprint.get(MODEL)
@blueprint.get(VERSION)
def model_metadata(version: str = "") -> Response:
    """Return name, shape and datatype of each input and output. Abort with 404 if `version` is not loaded."""
    artifacts = authenticate()
    _require_served_version(artifacts, version)
    schema, name = artifacts.predictor.schema, current_state().config.model_name
    columns = [(str(column.name), _datatype(column.type, column.json_categories)) for column in schema.columns]
    return json_response(
        open_inference.render_metadata(
            name, artifacts.model.version, columns, _prediction_type(artifacts), _probability_count(artifacts)
        )
    )


@blueprint.prediction(f"{MODEL}/infer")
@blueprint.prediction(f"{VERSION}/infer")
def infer(version: str = "") -> Response:
    """Return the outputs that the client requests: predictions, probabilities or both, as JSON or bytes.

    Abort with status 404 if `version` is not loaded.
    """
    artifacts, service = authenticate(), current_state().service
    _require_served_version(artifacts, version)
    timer = service.stage_timer()
    request_body.query_flags((), PROBABILITIES_HINT)
    schema, length = artifacts.predictor.schema, request.headers.get(binary_tensors.HEADER)
    parsed = open_inference.parse(request_body.json_body(), schema.names, length, schema.required)
    result = service.predict(artifacts, parsed.rows, timer, parsed.wants_probabilities)
    response = _render(parsed, result)
    timer.lap("format")
    return response


def _render(infer_request: open_inference.InferRequest, result: PredictionResult) -> Response:
    name = current_state().config.model_name
    document, binary = open_inference.render(
        infer_request, name, result.version, result.predictions, result.probabilities
    )
    if not binary:
        return json_response(document, headers=result.headers)
    text = to_json(document).encode()
    headers = result.headers | {binary_tensors.HEADER: str(len(text))}
    return Response(text + binary, headers=headers, mimetype="application/octet-stream")


def _require_served_version(artifacts: Artifacts, version: str) -> None:
    """Abort with status 404 if `version` is neither empty nor the version of the loaded model."""
    if version not in ("", artifacts.model.version):
        abort(
            404,
            f"model version {json.dumps(version[:100])} not found: the server has version {artifacts.model.version}",
        )


def _datatype(kind: str, categories: Sequence[Any]) -> str:
    if kind == "number":
        return "FP64"
    return open_inference.datatype_of([value for value in categories if value is not None])


def _prediction_type(artifacts: Artifacts) -> tuple[str, int]:
    """Return the datatype of the predictions, and the number of predicted values per row."""
    sample = artifacts.model.sample
    cells = sample if isinstance(sample, list) else [0.0 if sample is None else sample]
    labels = artifacts.model.labels
    values = artifacts.predictor.classes if labels is None else list(labels.values())
    return open_inference.datatype_of(cells if values is None else values), len(cells)


def _probability_count(artifacts: Artifacts) -> int | None:
    """Return the number of probabilities per row, or None if the model has none."""
    predictor = artifacts.predictor
    if not predictor.has_probabilities:
        return None
    return sum(map(len, predictor.outputs or [predictor.classes or []]))
