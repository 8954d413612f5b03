"""Views of the KServe V1 protocol: /v1/models."""

from flask import Response

from ml_census.api import request_body
from ml_census.api.blueprint import ApiBlueprint
from ml_census.api.credentials import authenticate
from ml_census.api.responses import json_response
from ml_census.api.state import current_state
from ml_census.protocols import kserve_v1

blueprint = ApiBlueprint("kserve", protocol="kserve", render_error=kserve_v1.render_error, url_prefix="/v1")


@blueprint.get("/models")
def list_models() -> Response:
    """Return a list with the name of the one model that the server has."""
    return json_response({"models": [current_state().config.model_name]})


@blueprint.probe("/models/{model}")
def model_ready() -> Response:
    """Return whether the model is ready: status 200, or status 503 after SIGTERM."""
    state = current_state()
    is_ready = state.is_ready()
    return json_response({"name": state.config.model_name, "ready": is_ready}, 200 if is_ready else 503)


@blueprint.prediction("/models/{model}:predict")
def predict() -> Response:
    """Return one prediction per row ("instance") of the request."""
    artifacts, service = authenticate(), current_state().service
    timer = service.stage_timer()
    flags = request_body.query_flags()
    rows = kserve_v1.parse(request_body.json_body())
    result = service.predict(artifacts, rows, timer, "proba" in flags)
    response = json_response(kserve_v1.render(result.predictions, result.extras(flags)), headers=result.headers)
    timer.lap("format")
    return response
