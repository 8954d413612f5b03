"""Views of MLflow's scoring protocol: /invocations, /ping and /health. SageMaker uses the first two."""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, request

from ml_census.api import request_body
from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.credentials import authenticate
from ml_census.api.prediction_service import PredictionResult
from ml_census.api.responses import JSON, json_response
from ml_census.api.state import current_state
from ml_census.artifacts.bundle import Artifacts
from ml_census.protocols import mlflow, sagemaker

CSV_TYPES = (sagemaker.CSV, "application/csv")
ACCEPTED = f"{JSON}, {sagemaker.CSV} or {sagemaker.NPY}"
RENDERERS: dict[str, Callable[[list[Any]], str | bytes]] = {
    sagemaker.CSV: sagemaker.render_csv,
    sagemaker.NPY: sagemaker.render_npy,
}
"""Content type of the response -> function that renders the predictions; JSON is not
included."""

blueprint = ApiBlueprint("mlflow", protocol="mlflow", render_error=mlflow.render_error)


@blueprint.prediction("/invocations")
def invocations() -> Response:
    """Return one prediction per row of a JSON, CSV or .npy body, in the format of the Accept header (default: JSON)."""
    artifacts, service = authenticate(), current_state().service
    timer = service.stage_timer()
    flags = request_body.query_flags()
    rows = _parse(artifacts)
    content_type = request.accept_mimetypes.best_match([JSON, *RENDERERS]) or JSON
    if flags and content_type in RENDERERS:
        abort(400, f"{' and '.join(sorted(flags))} need Accept: {JSON}: {content_type} holds predictions only")
    result = service.predict(artifacts, rows, timer, "proba" in flags)
    response = _render(result, flags, content_type)
    timer.lap("format")
    return response


def _parse(artifacts: Artifacts) -> Any:
    if request.mimetype in CSV_TYPES:
        charset = request.mimetype_params.get("charset", "utf-8").lower()
        if charset not in mlflow.CHARSETS:
            abort(415, f"the charset must be one of {', '.join(mlflow.CHARSETS)}")
        schema = artifacts.predictor.schema
        return mlflow.parse_csv(request_body.read_body(), schema.names, charset, schema.required)
    if request.mimetype == sagemaker.NPY:
        return sagemaker.parse_npy(request_body.read_body())
    return mlflow.parse(request_body.json_body(ACCEPTED))


def _render(result: PredictionResult, flags: set[str], content_type: str) -> Response:
    if render := RENDERERS.get(content_type):
        return Response(render(result.predictions), headers=result.headers, mimetype=content_type)
    return json_response(mlflow.render(result.predictions, result.extras(flags)), headers=result.headers)


@blueprint.probe("/ping")
@blueprint.probe("/health")
def ping() -> Response:
    """Return status 200, or status 503 after SIGTERM."""
    return Response("\n", 200 if current_state().is_ready() else 503, mimetype="text/plain")
