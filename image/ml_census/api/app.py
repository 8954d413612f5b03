"""The HTTP interface: every route in one list."""

import json
import platform
import time
from collections.abc import Callable, Collection, Iterable
from traceback import format_tb
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response, g, request
from werkzeug.exceptions import MethodNotAllowed

from ml_census import __version__, auth
from ml_census.api import credentials, request_body
from ml_census.api.compatible import Compatible, Vertex
from ml_census.api.error_handlers import Details, Errors
from ml_census.api.prediction_service import PredictionService, require_token
from ml_census.artifacts.bundle import Artifacts
from ml_census.auth.login_throttle import LoginThrottle
from ml_census.config import Config
from ml_census.observability.metrics import Metrics
from ml_census.observability.request_id import request_id
from ml_census.protocols import native
from ml_census.web.views import REPORT, PageViews

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LOGIN = "/login"
QUICK_BYTES = 4096
"""Rows of so many bytes, some thirty of a census, are answered in less than a millisecond."""
JSON = "application/json"
RAISED = "ml_census.raised"
"""Key of the WSGI environment: an exception that is still to be answered."""


class Api:
    """The views. Each request works on the artifacts that it finds at its start."""

    def __init__(
        self,
        artifacts: Artifacts,
        config: Config,
        ready: Callable[[], bool],
        reloads: Callable[[], dict[str, int]],
        metrics: Metrics,
        vertex: Vertex | None = None,
    ) -> None:
        self.artifacts = artifacts
        self.ready = ready
        self._reloads = reloads
        self._metrics = metrics
        self._answering = PredictionService(config.max_rows, metrics, config.extra_columns == "refuse")
        self._trusted_proxies = config.trusted_proxies
        self._throttle = LoginThrottle()
        self._compatible = Compatible(
            config.model_name, lambda: self.artifacts, self._answering, ready, config.unauthenticated_protocols, vertex
        )
        self._pages = PageViews(lambda: self.artifacts, self._compatible.described)

    def routes(self) -> list[tuple[str, list[str], Callable[..., Response]]]:
        """The whole interface: path, methods, view."""
        return [
            (LOGIN, ["GET", "POST"], self.login),
            (native.PATH, ["GET", "POST"], self.prediction),
            ("/livez", ["GET"], self.alive),
            ("/readyz", ["GET"], self.readiness),
            ("/version", ["GET"], self.version),
            ("/schema", ["GET"], self.schema),
            *self._pages.routes(),
            *self._compatible.routes(),
        ]

    @property
    def probes(self) -> frozenset[str]:
        """Paths that tell of the server's state and nothing else."""
        return self._compatible.probes

    def unversioned(self, path: str) -> str:
        """The path, without the model's version if it names one."""
        return self._compatible.unversioned(path)

    def words(self, path: str, status: int, message: str, details: Details | None = None) -> dict[str, Any]:
        """What went wrong, in the form that clients of the path know."""
        return self._compatible.words(path, status, message, details)

    def missing(self, path: str) -> str:
        """Return the message of a 404."""
        return self._compatible.missing(path)

    def protocols(self) -> dict[str, str]:
        """The protocol of each route that predicts, and of the login; pages and probes are of none."""
        others = {path: protocol for path, protocol, _view in self._compatible.predictions()}
        return others | {LOGIN: "article", native.PATH: "article"}

    def login(self) -> Response:
        """A token for a user with a password (HTTP Basic, RFC 7617)."""
        if request.method == "HEAD":
            raise MethodNotAllowed(["GET", "POST"])
        artifacts = self.artifacts
        users, keys = artifacts.users, artifacts.keys
        name, password = credentials.password(request)
        address = credentials.address(request, self._trusted_proxies)
        if pause := self._throttle.pause(name, address):
            self._metrics.login("throttled")
            response = json_response({"error message": f"too many wrong passwords: try again in {pause} s"}, 429)
            response.headers["Retry-After"] = str(pause)
        elif auth.verify_password(users, name, password):
            self._throttle.record_success(name, address)
            self._metrics.login("ok")
            response = json_response(
                {"token": auth.issue_token(keys, users, name, int(time.time())), "expires_in": auth.TOKEN_SECONDS}
            )
        else:
            if auth.is_within_limits(name, password):
                self._throttle.failed(name, address)
            self._metrics.login("wrong")
            response = json_response({"error message": "your password or username is invalid"}, 401)
            response.headers["WWW-Authenticate"] = 'Basic realm="ml-census", charset="UTF-8"'
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
        return response

    def prediction(self) -> Response:
        """Predictions for rows, to who has a token."""
        artifacts = self.artifacts
        require_token(artifacts, request.headers.get("Authorization", ""))
        text, headers = self.predicted(artifacts, request_body.json_body(request), request_body.flags())
        return Response(text, headers=headers, mimetype=JSON)

    def predicted(self, artifacts: Artifacts, body: bytes, flags: Collection[str] = ()) -> tuple[str, dict[str, str]]:
        """Return the response body and its headers. Raises MalformedBodyError and the errors of PredictionService."""
        stages = self._answering.stages()
        given = self._answering.answer(artifacts, native.parse(body), stages, "proba" in flags)
        text = written(native.answer(given.predictions, given.extras(flags)))
        stages.lap("format")
        return text, given.headers

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

    def schema(self) -> Response:
        """What the model takes and answers, to who has a token."""
        artifacts = self.artifacts
        require_token(artifacts, request.headers.get("Authorization", ""))
        predictor = artifacts.predictor
        classes = predictor.classes if predictor.has_probabilities else None
        document = predictor.schema.to_json() | {"classes": classes and artifacts.decoded(classes)}
        if predictor.outputs and predictor.has_probabilities:
            document["outputs"] = predictor.outputs
        return Response(json.dumps(document, default=str), mimetype=JSON)

    def version(self) -> Response:
        """What runs here."""
        artifacts = self.artifacts
        model = artifacts.model
        report = {"report": REPORT} if artifacts.report else {}
        made_by = {"made-by-scikit-learn": model.made_by} if model.made_by else {}
        return json_response(
            {
                "version": __version__,
                "model": model.version,
                "engine": model.engine,
                "scikit-learn": model.scikit_learn,
                **made_by,
                "python": platform.python_version(),
                "reloads": self._reloads(),
                **report,
            }
        )


class FastPathFlask(Flask):
    """Flask, and a direct way for the usual request: rows posted to /prediction, with nothing asked on top."""

    def __init__(self, api: Api, max_body_bytes: int) -> None:
        super().__init__("ml_census", static_folder=None)
        self.config["MAX_CONTENT_LENGTH"] = self._max_body_bytes = max_body_bytes
        self._api = api
        self._probes = api.probes
        self._predicting = frozenset(api.protocols()) - {LOGIN}
        self._routes = frozenset(path for path, _methods, _view in api.routes())

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Without Flask's routing, contexts and objects the usual request costs 0.2 ms less."""
        if not self._is_fast_path(environ):
            return super().wsgi_app(environ, start_response)
        try:
            artifacts = self._api.artifacts
            require_token(artifacts, environ.get("HTTP_AUTHORIZATION", ""))
            text, headers = self._api.predicted(artifacts, environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        except Exception as error:  # Flask answers it like any other, see raise_earlier
            environ[RAISED] = error
            return super().wsgi_app(environ, start_response)
        body = text.encode()
        headers |= {"Content-Type": JSON, "Content-Length": str(len(body))}
        headers["X-Request-Id"] = request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        start_response("200 OK", list(headers.items()))
        return [body]

    def log_exception(self, exc_info: Any) -> None:
        """Where it was raised; what it says may be a value of a row."""
        kind, _error, frames = exc_info
        self.logger.error("request %s: %s\n%s", g.request_id, kind.__name__, "".join(format_tb(frames)).rstrip())

    def swap(self, artifacts: Artifacts) -> None:
        """Requests that begin from now on work on these; those in flight end on what they began with."""
        self._api.artifacts = artifacts

    def queue_for(self, path: str, length: int) -> str:
        """Who runs a request, see server.py. Few rows for a compiled model are quick."""
        path = "/" + path.lstrip("/")  # as waitress gives it to the application
        if path in self._probes:
            return "probe"
        if path == LOGIN:
            return "login"
        kind = self._api.artifacts.model.engine.get("kind")
        is_quick = length <= QUICK_BYTES and kind == "compiled" and self._api.unversioned(path) in self._predicting
        return "quick" if is_quick else "work"

    def metric_route(self, path: str) -> str:
        """The route of a path, by which requests are counted; "other" where there is none."""
        if path.startswith("//"):
            path = "/" + path.lstrip("/")  # as waitress gives it to the application
        if path not in self._routes:
            path = self._api.unversioned(path)
        return path if path in self._routes else "other"

    def error_body(self, path: str, status: int, message: str) -> bytes:
        """What the server answers without asking the application, in the form that clients of the path know."""
        return written(self._api.words(path, status, message)).encode()

    def _is_fast_path(self, environ: "WSGIEnvironment") -> bool:
        length = environ.get("CONTENT_LENGTH", "")
        return (
            environ["PATH_INFO"] == native.PATH
            and environ["REQUEST_METHOD"] == "POST"
            and not environ.get("QUERY_STRING")
            and "HTTP_CONTENT_ENCODING" not in environ
            and environ.get("CONTENT_TYPE", "").partition(";")[0] == JSON
            and length.isdecimal()
            and int(length) <= self._max_body_bytes
        )


def create_app(
    artifacts: Artifacts,
    config: Config,
    ready: Callable[[], bool] = lambda: True,
    reloads: Callable[[], dict[str, int]] = dict,
    metrics: Metrics | None = None,
    vertex: Vertex | None = None,
) -> FastPathFlask:
    """The WSGI application. `ready` tells whether new clients are welcome, `reloads` how often something was loaded
    anew, or was refused; `vertex` adds paths, see check_routes."""
    metrics = metrics or Metrics()
    api = Api(artifacts, config, ready, reloads, metrics, vertex)
    metrics.watch_model(lambda: api.artifacts, reloads)
    metrics.set_route_protocols(api.protocols())
    app = FastPathFlask(api, config.max_body_bytes)
    # no redirects: they would name the Host that the client has sent
    app.url_map.merge_slashes = False
    for path, methods, view in api.routes():
        app.add_url_rule(path, view.__name__, view, methods=methods, strict_slashes=not path.endswith("/"))
    app.before_request(assign_request_id)
    app.before_request(reraise_fast_path_error)
    app.after_request(add_request_id_header)
    Errors(api.words, api.missing).register(app)
    return app


def check_routes(config: Config, vertex: Vertex) -> None:
    """Raise ValueError if one of Vertex AI's paths is another path of the server; no model is needed to know."""
    unloaded = cast(Artifacts, None)
    paths = [path for path, _methods, _view in Api(unloaded, config, bool, dict, Metrics(), vertex).routes()]
    for path in (vertex.predict, vertex.health):
        if paths.count(path) > 1:
            raise ValueError(f"{path} is another path of the server")


def written(document: dict[str, Any]) -> str:
    """JSON as the article's clients know it, byte for byte: a space after colons and commas, no line end."""
    return json.dumps(document)


def json_response(document: dict[str, Any], status: int = 200) -> Response:
    """A document as an answer."""
    return Response(written(document), status, mimetype=JSON)


def assign_request_id() -> None:
    """Logs and answers name the request."""
    g.request_id = request_id(request.headers.get("X-Request-Id", ""), request.headers.get("traceparent", ""))


def reraise_fast_path_error() -> None:
    """What the direct way raised is raised here again, for the handlers of errors."""
    if error := request.environ.get(RAISED):
        raise error


def add_request_id_header(response: Response) -> Response:
    """Every answer names its request."""
    response.headers["X-Request-Id"] = g.request_id
    return response
