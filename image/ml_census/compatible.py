"""The protocols of other model servers, so that their clients change a URL: the same rows, token and answers."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request
from werkzeug.exceptions import UnsupportedMediaType

from ml_census import __version__
from ml_census.answering import Answer, Answering, admit
from ml_census.artifacts import Artifacts
from ml_census.errors import Details
from ml_census.metrics import Stopwatch
from ml_census.protocols import article, binary_tensors, kserve_v1, mlflow, open_inference

JSON = "application/json"
SPOKEN = {"/v1/": kserve_v1, "/v2": open_inference, "/invocations": mlflow}
"""What clients of the paths that begin so understand."""


@dataclass(frozen=True)
class Vertex:
    """The two paths that Vertex AI gives a container in AIP_PREDICT_ROUTE and AIP_HEALTH_ROUTE.

    https://docs.cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements
    """

    predict: str
    health: str


class Compatible:
    """Views of KServe's V1, Open Inference (V2), MLflow, SageMaker and Vertex AI."""

    def __init__(
        self,
        name: str,
        artifacts: Callable[[], Artifacts],
        answering: Answering,
        ready: Callable[[], bool],
        open_protocols: Sequence[str] = (),
        vertex: Vertex | None = None,
    ) -> None:
        self._name = name
        self._open = open_protocols
        self._vertex = vertex
        self._artifacts = artifacts
        self._answering = answering
        self._ready = ready
        self._v1, self._v2 = f"/v1/models/{name}", f"/v2/models/{name}"

    def routes(self) -> list[tuple[str, list[str], Callable[..., Response]]]:
        """Path, methods, view."""
        return [
            ("/v1/models", ["GET"], self.v1_models),
            (self._v1, ["GET"], self.model_ready),
            ("/v2", ["GET"], self.v2_server),
            ("/v2/health/live", ["GET"], self.v2_live),
            ("/v2/health/ready", ["GET"], self.v2_ready),
            (self._v2, ["GET"], self.v2_model),
            (f"{self._v2}/ready", ["GET"], self.model_ready),
            ("/ping", ["GET"], self.ping),
            ("/health", ["GET"], self.health),
            *([(self._vertex.health, ["GET"], self.vertex_health)] if self._vertex else []),
            *((path, ["POST"], view) for path, _protocol, view in self.predictions()),
        ]

    def predictions(self) -> list[tuple[str, str, Callable[..., Response]]]:
        """What predicts: path, protocol, view."""
        return [
            (f"{self._v1}:predict", "kserve", self.v1_predict),
            (f"{self._v2}/infer", "open-inference", self.v2_infer),
            ("/invocations", "mlflow", self.invocations),
            *([(self._vertex.predict, "vertex", self.vertex_predict)] if self._vertex else []),
        ]

    @property
    def probes(self) -> frozenset[str]:
        """Paths that only tell whether the server is alive or ready."""
        paths = [self._v1, "/v2/health/live", "/v2/health/ready", f"{self._v2}/ready", "/ping", "/health"]
        return frozenset([*paths, self._vertex.health] if self._vertex else paths)

    def words(self, path: str, status: int, message: str, details: Details | None = None) -> dict[str, Any]:
        """What went wrong, in the form that clients of the path know."""
        speaks = next((module for prefix, module in SPOKEN.items() if path.startswith(prefix)), article)
        if self._vertex and path in (self._vertex.predict, self._vertex.health):
            speaks = kserve_v1
        if speaks is article:
            return article.error(status, message) | ({} if details is None else {"details": details})
        for each in (details or [])[:1]:
            place = ", ".join(f"{key} {each[key]}" for key in ("row", "column") if key in each)
            got = f", got {json.dumps(each['got'])}" if "got" in each else ""
            message = f"{message}: {place}: expected {each['expected']}{got}"
        return speaks.error(status, message)  # type: ignore[no-any-return]

    def v1_models(self) -> Response:
        """The one model."""
        return _reply({"models": [self._name]})

    def model_ready(self) -> Response:
        """Whether the one model is ready; V1 and V2 say it alike."""
        return _reply({"name": self._name, "ready": self._ready()}, 200 if self._ready() else 503)

    def v1_predict(self, protocol: str = "kserve") -> Response:
        """Predictions for instances."""
        artifacts, stages = self._admitted(protocol)
        rows = kserve_v1.parse(_json_body())
        return self._answered(artifacts, stages, rows, lambda given: _reply(kserve_v1.answer(given.predictions)))

    def vertex_predict(self) -> Response:
        """As KServe's V1."""
        return self.v1_predict("vertex")

    def vertex_health(self) -> Response:
        """As MLflow's and SageMaker's."""
        return self.ping()

    def v2_server(self) -> Response:
        """What serves."""
        return _reply({"name": "ml-census", "version": __version__, "extensions": [binary_tensors.EXTENSION]})

    def v2_live(self) -> Response:
        """The process answers."""
        return _reply({"live": True})

    def v2_ready(self) -> Response:
        """Whether new clients are welcome."""
        return _reply({"ready": self._ready()}, 200 if self._ready() else 503)

    def v2_model(self) -> Response:
        """What the model takes and gives."""
        artifacts = self._artifacts()  # once: a reload may come between two looks
        model, labels = artifacts.model, artifacts.labels
        schema, classes = model.predictor.schema, model.predictor.classes
        columns = [(str(column.name), column.kind == "number") for column in schema.columns]
        probabilities = len(classes or []) if model.predictor.has_probabilities else None
        kind = list(labels.values()) if labels is not None else classes
        return _reply(open_inference.metadata(self._name, model.version, columns, kind, probabilities))

    def v2_infer(self) -> Response:
        """The outputs that are asked for."""
        artifacts, stages = self._admitted("open-inference")
        length = request.headers.get(binary_tensors.HEADER)
        asked = open_inference.parse(_json_body(), artifacts.predictor.schema.names, length)
        if asked.probabilities and not artifacts.predictor.has_probabilities:
            abort(400, "this model has no probabilities")

        def write(given: Answer) -> Response:
            document, binary = open_inference.answer(
                asked, self._name, given.version, given.predictions, given.probabilities
            )
            if not binary:
                return _reply(document)
            text = json.dumps(document).encode()
            headers = {binary_tensors.HEADER: str(len(text))}
            return Response(text + binary, headers=headers, mimetype="application/octet-stream")

        return self._answered(artifacts, stages, asked.rows, write, asked.probabilities)

    def invocations(self) -> Response:
        """Predictions for one of MLflow's forms, or for CSV."""
        artifacts, stages = self._admitted("mlflow")
        if request.mimetype in ("text/csv", "application/csv"):
            rows = mlflow.parse_csv(_body(), artifacts.predictor.schema.names)
        else:
            rows = mlflow.parse(_json_body())
        return self._answered(artifacts, stages, rows, lambda given: _reply(mlflow.answer(given.predictions)))

    def ping(self) -> Response:
        """Whether new clients are welcome, as MLflow's and SageMaker's probes ask."""
        return Response("\n", 200 if self._ready() else 503, mimetype="text/plain")

    def health(self) -> Response:
        """MLflow's other name for it."""
        return self.ping()

    def _admitted(self, protocol: str) -> tuple[Artifacts, Stopwatch]:
        """What the request works on, and its time from now on. Raises TokenError."""
        artifacts = self._artifacts()
        if protocol not in self._open:
            admit(artifacts, request.headers.get("Authorization", ""))
        return artifacts, self._answering.stages()

    def _answered(
        self,
        artifacts: Artifacts,
        stages: Stopwatch,
        rows: Any,
        write: Callable[[Answer], Response],
        with_probabilities: bool = False,
    ) -> Response:
        given = self._answering.answer(artifacts, rows, stages, with_probabilities)
        response = write(given)
        response.headers.update(given.headers)
        stages.lap("format")
        return response


def _reply(document: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document), status, mimetype=JSON)


def _json_body() -> bytes:
    """The body. Clients of these protocols do not all say that it is JSON."""
    if request.mimetype not in ("", JSON, "application/octet-stream") and not request.is_json:
        raise UnsupportedMediaType("the Content-Type must be application/json")
    return _body()


def _body() -> bytes:
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("the charset must be utf-8")
    return request.get_data()
