"""View of /prediction, the native protocol of ml-census."""

from collections.abc import Collection

from flask import Response

from ml_census.api import request_body
from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.credentials import authenticate
from ml_census.api.prediction_service import PredictionService
from ml_census.api.responses import JSON, to_json
from ml_census.api.state import current_state
from ml_census.artifacts.bundle import Artifacts
from ml_census.protocols import native

PATH = "/prediction"

blueprint = ApiBlueprint("prediction", token_error_status=403)


@blueprint.prediction(PATH, ["GET", "POST"])
def predict() -> Response:
    """Return one prediction per row of the request."""
    artifacts = authenticate()
    body, flags = request_body.json_body(), request_body.query_flags()
    text, headers = predict_json(current_state().service, artifacts, body, flags)
    return Response(text, headers=headers, mimetype=JSON)


def predict_json(
    service: PredictionService, artifacts: Artifacts, body: bytes, flags: Collection[str] = ()
) -> tuple[str, dict[str, str]]:
    """Return the body and the headers of the response to a JSON body. FastPathFlask calls this function without Flask.

    `flags` may have "proba" and "warnings". Raises MalformedBodyError if the body is
    not an object with "inputs". Raises TooManyRowsError, NoProbabilitiesError,
    InvalidRowsError or PredictionError, as PredictionService.predict.
    """
    timer = service.stage_timer()
    result = service.predict(artifacts, native.parse(body), timer, "proba" in flags)
    text = to_json(native.render(result.predictions, result.extras(flags)))
    timer.lap("format")
    return text, result.headers
