"""The HTTP interface: every route in one list, one handler for all errors."""

import json
import logging
import platform
import re
import time
import uuid
from collections.abc import Callable
from importlib import resources
from typing import Any

from flask import Flask, Request, Response, abort, g, request
from werkzeug.exceptions import HTTPException

from ml_census import __version__, auth
from ml_census.artifacts import Artifacts
from ml_census.engine.predictor import PredictionError
from ml_census.protocols import article
from ml_census.schema import MAX_DETAILS, RowsError

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
GREETING = "ml-census is ready: log in at /login, post rows to /prediction.\n"


class Api:
    """The views. Each request works on the artifacts that it finds at its start."""

    def __init__(self, artifacts: Artifacts, ready: Callable[[], bool]) -> None:
        self.artifacts = artifacts
        self.ready = ready

    def routes(self) -> list[tuple[str, list[str], Callable[[], Response]]]:
        """The whole interface: path, methods, view."""
        return [
            ("/", ["GET"], self.greeting),
            ("/login", ["GET"], self.login),
            ("/prediction", ["GET", "POST"], self.prediction),
            ("/livez", ["GET"], self.alive),
            ("/readyz", ["GET"], self.readiness),
            ("/version", ["GET"], self.version),
        ]

    def greeting(self) -> Response:
        """A page for browsers, a line of text for everyone else."""
        if request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html":
            return Response(resources.files("ml_census.web").joinpath("index.html").read_bytes(), mimetype="text/html")
        return Response(GREETING, mimetype="text/plain")

    def login(self) -> Response:
        """A token for a user with a password (HTTP Basic, RFC 7617)."""
        users, keys = self.artifacts.users, self.artifacts.keys
        name, password = presented_password(request)
        if not name or not password or not auth.check_password(users, name, password):
            response = reply({"error message": "your password or username is invalid"}, 401)
            response.headers["WWW-Authenticate"] = 'Basic realm="ml-census", charset="UTF-8"'
            return response
        response = reply({"token": auth.issue_token(keys, name, int(time.time()))})
        response.headers["Cache-Control"] = "no-store"
        return response

    def prediction(self) -> Response:
        """Predictions for rows, to who has a token."""
        artifacts = self.artifacts
        if (token := presented_token(request)) is None:
            return reply({"error message": "Token is missing!"}, 403)
        if auth.token_user(artifacts.keys, artifacts.users, token) is None:
            return reply({"error message": "Token is invalid!"}, 403)
        with_probabilities, with_warnings = asked("proba"), asked("warnings")
        if with_probabilities and not artifacts.predictor.has_probabilities:
            abort(400, "this model has no probabilities")

        rows = artifacts.predictor.schema.clean(article.parse(json_body(request)))
        extras: dict[str, Any] = {}
        predictions = artifacts.decoded(artifacts.predictor.predict(rows.columns))
        if with_probabilities:
            extras["probabilities"] = artifacts.predictor.probabilities(rows.columns)
        if with_warnings:
            extras["warnings"] = rows.unknown[:MAX_DETAILS]
        response = reply(article.answer(predictions, extras))
        response.headers["X-Model-Version"] = artifacts.model.version
        if rows.unknown:
            response.headers["X-Unknown-Values"] = str(len(rows.unknown))
        return response

    def alive(self) -> Response:
        """The process answers: all that a liveness probe should ask."""
        return Response("alive\n", mimetype="text/plain")

    def readiness(self) -> Response:
        """Everything was loaded and tried out before the socket opened; only a drain ends it."""
        return (
            Response("ready\n", mimetype="text/plain")
            if self.ready()
            else Response("draining\n", 503, mimetype="text/plain")
        )

    def version(self) -> Response:
        """What runs here."""
        model = self.artifacts.model
        return reply(
            {
                "version": __version__,
                "model": model.version,
                "engine": model.engine,
                "scikit-learn": model.scikit_learn,
                "python": platform.python_version(),
            }
        )


def create_app(artifacts: Artifacts, max_body_bytes: int, ready: Callable[[], bool] = lambda: True) -> Flask:
    """The WSGI application. `ready` tells whether new clients are welcome."""
    app = Flask("ml_census", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    for path, methods, view in Api(artifacts, ready).routes():
        app.add_url_rule(path, view.__name__, view, methods=methods)
    app.before_request(name_request)
    app.after_request(return_request_id)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(article.FormatError, lambda error: reply({"error message": str(error)}, 400))
    app.register_error_handler(
        RowsError, lambda error: reply({"error message": str(error), "details": error.details}, 400)
    )
    app.register_error_handler(PredictionError, prediction_error)
    return app


def reply(document: dict[str, Any], status: int = 200) -> Response:
    """JSON as the article's clients know it, byte for byte: a space after colons and commas, no line end."""
    return Response(json.dumps(document), status, mimetype="application/json")


def presented_password(request: Request) -> tuple[str, str]:
    """Name and password of HTTP Basic, each empty where there is none."""
    try:
        basic = request.authorization
    except ValueError:  # werkzeug's on bytes that are not ASCII
        basic = None
    if basic is None or basic.type != "basic":
        return "", ""
    return basic.username or "", basic.password or ""


def presented_token(request: Request) -> str | None:
    """The token in the Authorization header: bare, as the article's clients send it, or after "Bearer" (RFC 6750)."""
    header = request.headers.get("Authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    return (rest.strip() if scheme.lower() == "bearer" else header) or None


def json_body(request: Request) -> bytes:
    """The body, if its Content-Type says JSON."""
    if not request.is_json:
        abort(415, "the Content-Type must be application/json")
    return request.get_data()


def asked(flag: str) -> bool:
    """Whether the query says flag=true."""
    value = request.args.get(flag, "false").lower()
    if value not in ("true", "false"):
        abort(400, f"{flag} must be true or false")
    return value == "true"


def name_request() -> None:
    """The client's own request id if it is a sane one, else a new one."""
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def return_request_id(response: Response) -> Response:
    """Every answer names its request."""
    response.headers["X-Request-Id"] = g.request_id
    return response


def http_error(error: HTTPException) -> Response:
    """Flask's own answers (404, 405, 413, ...) as JSON, with their status and headers."""
    response = reply({"error message": error.description or error.name}, error.code or 500)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def prediction_error(error: PredictionError) -> Response:
    """The rows fit the schema and the model refused them all the same: the log has the kind of reason, never a row."""
    log.warning("request %s: predict raised %s", g.request_id, type(error.__cause__).__name__)
    details = [{"row": error.row, "expected": "values that the model can predict"}]
    return reply({"error message": str(error), "details": details}, 400)
