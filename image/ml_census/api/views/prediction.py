"""View of /prediction, the native protocol of ml-census."""

from collections.abc import Collection

from flask import Response

from ml_census.api import request_body
from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.credentials import authenticate
from ml_census.api.prediction_service import PredictionService, ReasonsOption
from ml_census.api.responses import JSON, to_json
from ml_census.api.state import current_state
from ml_census.artifacts.bundle import Artifacts
from ml_census.protocols import native

PATH = "/prediction"
REASONS = "reasons"
"""Query parameter with the number of reasons for each row."""

blueprint = ApiBlueprint("prediction", token_error_status=403)


@blueprint.prediction(PATH, ["GET", "POST"])
def predict() -> Response:
    """Return one prediction per row of the request."""
    artifacts = authenticate()
    body = request_body.json_body()
    flags, reasons = request_body.query_flags(numbers=(REASONS,)), request_body.query_number(REASONS)
    text, headers = predict_json(current_state().service, artifacts, body, flags, reasons)
    return Response(text, headers=headers, mimetype=JSON)


def predict_json(
    service: PredictionService,
    artifacts: Artifacts,
    body: bytes,
    flags: Collection[str] = (),
    reasons: int | None = None,
) -> tuple[str, dict[str, str]]:
    """Return the body and the headers of the response to a JSON body. FastPathFlask calls this function without Flask.

    `flags` may have "proba" and "warnings". `reasons` is the number of reasons for each
    row; None for no reasons. Raises MalformedBodyError if the body is
    not an object with "inputs". Raises TooManyRowsError, NoProbabilitiesError,
    NoReasonsError, InvalidRowsError or PredictionError, as PredictionService.predict.
    """
    timer = service.stage_timer()
    document = native.parse(body)
    option = None if reasons is None else ReasonsOption(reasons, document.get("reference"))
    result = service.predict(artifacts, document["inputs"], timer, "proba" in flags, option)
    text = to_json(native.render(result.predictions, result.extras(flags)))
    timer.lap("format")
    return text, result.headers
