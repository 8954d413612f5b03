"""Error responses in JSON, each in the format of the protocol to which the path of the request belongs."""

import json
import logging
import re
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from ml_census.api.credentials import AuthenticationError
from ml_census.api.prediction_service import NoProbabilitiesError, TooManyRowsError
from ml_census.api.responses import json_response
from ml_census.api.state import ApiState, current_state
from ml_census.engine.predictor import NoReasonsError, PredictionError
from ml_census.protocols import native
from ml_census.protocols.error_details import Details
from ml_census.protocols.json_body import MalformedBodyError
from ml_census.schema import InvalidRowsError

log = logging.getLogger(__name__)

MODEL_NAME = re.compile("/v[12]/models/([^/:]+)")
UNPREDICTABLE = "a value that the model can predict; the server's log has the reason"


def register_error_handlers(app: Flask) -> None:
    """Make the application answer every exception with JSON in the format of the path's protocol."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(AuthenticationError, _authentication_error)
    app.register_error_handler(MalformedBodyError, lambda error: _error_response(400, str(error)))
    app.register_error_handler(NoProbabilitiesError, lambda error: _error_response(400, str(error)))
    app.register_error_handler(NoReasonsError, lambda error: _error_response(400, str(error)))
    app.register_error_handler(TooManyRowsError, lambda error: _error_response(413, str(error)))
    app.register_error_handler(InvalidRowsError, lambda error: _invalid_rows(str(error), error.details))
    app.register_error_handler(PredictionError, _prediction_error)


def error_document(state: ApiState, path: str, status: int, message: str, details: Details = ()) -> dict[str, Any]:
    """Return the JSON object of an error response, in the format of the protocol to which the path belongs.

    If the path belongs to no protocol, the format is that of /prediction. `details` are
    the rejected values.
    """
    blueprint = state.routes.blueprint_of(path)
    render_error = blueprint.render_error if blueprint else native.render_error
    return render_error(status, message, details)


def missing(path: str, model_name: str) -> str:
    """Return the message of the 404 response for a path without a route.

    The message has the name of the served model, `model_name`, if the path contains
    another model name.
    """
    match = MODEL_NAME.match(path)
    if match and match[1] != model_name:
        return f"model {json.dumps(match[1][:100])} not found: the server has the model {json.dumps(model_name)}"
    return "path not found: GET /docs lists all paths"


def _error_response(status: int, message: str, details: Details = ()) -> Response:
    return json_response(error_document(current_state(), request.path, status, message, details), status)


def _invalid_rows(message: str, details: Details) -> Response:
    """Return a 400 response, and count the rejected values."""
    current_state().metrics.record_invalid_values(details)
    return _error_response(400, message, details)


def _authentication_error(error: AuthenticationError) -> Response:
    """Return a response with the `token_error_status` of the path's blueprint: 401 or 403."""
    blueprint = current_state().routes.blueprint_of(request.path)
    response = _error_response(blueprint.token_error_status if blueprint else 401, str(error))
    response.headers["WWW-Authenticate"] = error.challenge
    return response


def _http_error(error: HTTPException) -> Response:
    """Return the JSON response for an exception of Flask or abort() (404, 405, 413, …), with its status and headers."""
    message = error.description or error.name
    if error.description == type(error).description:  # the standard text of werkzeug
        if isinstance(error, NotFound):
            message = missing(request.path, current_state().config.model_name)
        elif isinstance(error, MethodNotAllowed):
            methods = sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"})
            message = f"the method must be {' or '.join(methods)}"
    response = _error_response(error.code or 500, message)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _prediction_error(error: PredictionError) -> Response:
    """Return a 400 response for rows that match the schema but that the model rejects.

    Log the reason without any value of a row.
    """
    reason = error.reason or type(error.__cause__).__name__
    log.warning("request %s: predict raised %s (column %s)", g.request_id, reason, error.column)
    return _invalid_rows(str(error), [{**error.location, "expected": UNPREDICTABLE}])
