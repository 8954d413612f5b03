"""What went wrong, as an answer in the words of the protocol that the path is of."""

import json
import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from ml_census.api.prediction_service import AuthenticationError, NoProbabilitiesError, TooManyRowsError
from ml_census.engine.predictor import PredictionError
from ml_census.protocols import native
from ml_census.protocols.json_body import MalformedBodyError
from ml_census.schema.schema import InvalidRowsError

log = logging.getLogger(__name__)

Details = list[dict[str, Any]]
Words = Callable[[str, int, str, Details | None], dict[str, Any]]
"""Path, status, message and details -> the document that clients of the path know."""


class Errors:
    """The handlers of errors of an application."""

    def __init__(self, words: Words, missing: Callable[[str], str]) -> None:
        self._words = words
        self._missing = missing

    def register(self, app: Flask) -> None:
        """From now on the application answers errors so."""
        app.register_error_handler(HTTPException, self._http)
        app.register_error_handler(AuthenticationError, self._token)
        app.register_error_handler(MalformedBodyError, lambda error: self._failed(400, str(error)))
        app.register_error_handler(NoProbabilitiesError, lambda error: self._failed(400, str(error)))
        app.register_error_handler(TooManyRowsError, lambda error: self._failed(413, str(error)))
        app.register_error_handler(InvalidRowsError, lambda error: self._failed(400, str(error), error.details))
        app.register_error_handler(PredictionError, self._prediction)

    def _failed(self, status: int, message: str, details: Details | None = None) -> Response:
        document = self._words(request.path, status, message, details)
        return Response(json.dumps(document), status, mimetype="application/json")

    def _token(self, error: AuthenticationError) -> Response:
        """401; but 403 to the article's clients, as its server answers."""
        response = self._failed(403 if request.path == native.PATH else 401, str(error))
        response.headers["WWW-Authenticate"] = error.challenge
        return response

    def _http(self, error: HTTPException) -> Response:
        """Flask's own answers (404, 405, 413, ...) as JSON, with their status and headers."""
        message = error.description or error.name
        if error.description == type(error).description:  # werkzeug's own
            if isinstance(error, NotFound):
                message = self._missing(request.path)
            elif isinstance(error, MethodNotAllowed):
                methods = sorted(set(error.valid_methods or ()) - {"HEAD", "OPTIONS"})
                message = f"the method must be {' or '.join(methods)}"
        response = self._failed(error.code or 500, message)
        for name, value in error.get_headers():
            if name.lower() not in ("content-type", "content-length"):
                response.headers[name] = value
        return response

    def _prediction(self, error: PredictionError) -> Response:
        """The rows fit the schema, and the model refused them: the log has the reason without any value of a row."""
        why = error.reason or type(error.__cause__).__name__
        log.warning("request %s: predict raised %s (column %s)", g.request_id, why, error.column)
        place = {"row": error.row} if error.column is None else {"row": error.row, "column": error.column}
        details = [{**place, "expected": "a value that the model can predict; the server's log has the reason"}]
        return self._failed(400, str(error), details)
