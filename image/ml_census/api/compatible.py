"""The protocols of other model servers, so that their clients change a URL: the same rows, token and answers."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request
from werkzeug.exceptions import UnsupportedMediaType

from ml_census import __version__
from ml_census.api import request_body
from ml_census.api.error_handlers import Details
from ml_census.api.prediction_service import PredictionResult, PredictionService, require_token
from ml_census.artifacts.bundle import Artifacts
from ml_census.observability.metrics import StageTimer
from ml_census.protocols import binary_tensors, kserve_v1, mlflow, native, open_inference, sagemaker

JSON = "application/json"
ROUTE = re.compile(r"/[A-Za-z0-9/._~:@-]*")
MODEL_NAME = re.compile("/v[12]/models/([^/:]+)")
PROBES = ("/livez", "/readyz")
SPOKEN = {"/v1/": kserve_v1, "/v2": open_inference, "/invocations": mlflow}
"""What clients of the paths that begin so understand."""


@dataclass(frozen=True)
class Vertex:
    """The two paths that Vertex AI gives a container in AIP_PREDICT_ROUTE and AIP_HEALTH_ROUTE.

    https://docs.cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements
    """

    predict: str
    health: str

    def __post_init__(self) -> None:
        """Raise ValueError for what is no plain path: "<x>" would be a pattern of werkzeug's."""
        for path in (self.predict, self.health):
            if not ROUTE.fullmatch(path):
                raise ValueError(f"{path!r}: must be a path of /, letters, digits and -._~:@, without {{}}, <> or ?")


class Compatible:
    """Views of KServe's V1, Open Inference (V2), MLflow, SageMaker and Vertex AI."""

    def __init__(
        self,
        name: str,
        artifacts: Callable[[], Artifacts],
        answering: PredictionService,
        ready: Callable[[], bool],
        unauthenticated_protocols: Sequence[str] = (),
        vertex: Vertex | None = None,
    ) -> None:
        self._name = name
        self._open = unauthenticated_protocols
        self._vertex = vertex
        self._artifacts = artifacts
        self._answering = answering
        self._ready = ready
        self._v1, self._v2 = f"/v1/models/{name}", f"/v2/models/{name}"

    def routes(self) -> list[tuple[str, list[str], Callable[..., Response]]]:
        """Path, methods, view."""
        version = f"{self._v2}/versions/<version>"
        return [
            ("/v1/models", ["GET"], self.models),
            (self._v1, ["GET"], self.model_ready),
            ("/v2", ["GET"], self.v2_server),
            ("/v2/health/live", ["GET"], self.v2_live),
            ("/v2/health/ready", ["GET"], self.v2_ready),
            ("/v2/models", ["GET"], self.models),
            (self._v2, ["GET"], self.v2_model),
            (version, ["GET"], self.v2_model),
            (f"{self._v2}/ready", ["GET"], self.model_ready),
            (f"{version}/ready", ["GET"], self.model_ready),
            (f"{version}/infer", ["POST"], self.v2_infer),
            ("/ping", ["GET"], self.ping),
            ("/health", ["GET"], self.health),
            *((path, ["GET"], self.vertex_health) for path in self._vertex_health()),
            *((path, ["POST"], view) for path, _protocol, view in self.predictions()),
        ]

    def predictions(self) -> list[tuple[str, str, Callable[..., Response]]]:
        """What predicts: path, protocol, view."""
        return [
            (f"{self._v1}:predict", "kserve", self.v1_predict),
            (f"{self._v2}/infer", "open-inference", self.v2_infer),
            ("/invocations", "mlflow", self.invocations),
            *((path, "vertex", self.vertex_predict) for path in self._vertex_predict()),
        ]

    def _vertex_predict(self) -> list[str]:
        """Vertex AI's path, if it is none that answers its body anyway."""
        others = (f"{self._v1}:predict", "/invocations")
        return [self._vertex.predict] if self._vertex and self._vertex.predict not in others else []

    def _vertex_health(self) -> list[str]:
        """Vertex AI's path, if it is no other probe's."""
        return [self._vertex.health] if self._vertex and self._vertex.health not in self._probes else []

    @property
    def _probes(self) -> tuple[str, ...]:
        return (*PROBES, self._v1, "/v2/health/live", "/v2/health/ready", f"{self._v2}/ready", "/ping", "/health")

    @property
    def probes(self) -> frozenset[str]:
        """Paths that only tell whether the server is alive or ready, in the words of any protocol."""
        return frozenset([*self._probes, *self._vertex_health()])

    @property
    def described(self) -> dict[str, list[str]]:
        """For the paths of openapi.yaml, those of this server."""
        paths: dict[str, list[str]] = {}
        for path, _methods, _view in self.routes():
            path = path.replace("<version>", "{version}")
            paths[path.replace(f"/models/{self._name}", "/models/model", 1)] = [path]
        paths["/v1/models/model:predict"] += self._vertex_predict()
        paths["/ping"] += self._vertex_health()
        return paths

    def unversioned(self, path: str) -> str:
        """The path, without the model's version if it names one."""
        before, _, after = path.partition(f"{self._v2}/versions/")
        return path if before or not after else self._v2 + "".join(after.partition("/")[1:])

    def words(self, path: str, status: int, message: str, details: Details | None = None) -> dict[str, Any]:
        """What went wrong, in the form that clients of the path know."""
        speaks = next((module for prefix, module in SPOKEN.items() if path.startswith(prefix)), native)
        if path in self._vertex_predict() + self._vertex_health():
            speaks = kserve_v1
        if speaks is native:
            return native.error(status, message) | ({} if details is None else {"details": details})
        for each in (details or [])[:1]:
            place = ", ".join(f"{key} {each[key]}" for key in ("row", "column") if key in each)
            got = f", got {json.dumps(each['got'])}" if "got" in each else ""
            message = f"{message}: {place}: expected {each['expected']}{got}"
        return speaks.error(status, message)  # type: ignore[no-any-return]

    def missing(self, path: str) -> str:
        """Return the message of a 404 at a path of no route."""
        found = MODEL_NAME.match(path)
        if found and found[1] != self._name:
            return f"there is no model {json.dumps(found[1][:100])}: the model is called {json.dumps(self._name)}"
        return "there is nothing at this path: GET /docs lists all paths"

    def models(self) -> Response:
        """The one model; V1 and V2 say it alike."""
        return _reply({"models": [self._name]})

    def model_ready(self, version: str = "") -> Response:
        """Whether the one model is ready; V1 and V2 say it alike."""
        self._check(self._artifacts(), version)
        return _reply({"name": self._name, "ready": self._ready()}, 200 if self._ready() else 503)

    def v1_predict(self, protocol: str = "kserve") -> Response:
        """Predictions for instances."""
        artifacts, stages = self._authenticate(protocol), self._answering.stages()
        flags, rows = request_body.flags(), kserve_v1.parse(_json_body())

        def write(given: PredictionResult) -> Response:
            return _reply(kserve_v1.answer(given.predictions, given.extras(flags)))

        return self._answered(artifacts, stages, rows, write, "proba" in flags)

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

    def v2_model(self, version: str = "") -> Response:
        """What the model takes and gives."""
        artifacts = self._authenticate("open-inference")
        self._check(artifacts, version)
        model, labels = artifacts.model, artifacts.labels
        predictor, sample = model.predictor, artifacts.sample
        columns = [(str(column.name), _datatype(column.kind, column.listed)) for column in predictor.schema.columns]
        probabilities = None
        if predictor.has_probabilities:
            probabilities = sum(map(len, predictor.outputs or [predictor.classes or []]))
        values = list(labels.values()) if labels is not None else predictor.classes
        cells = sample if isinstance(sample, list) else [0.0 if sample is None else sample]
        answers = open_inference.datatype(cells if values is None else values), len(cells)
        return _reply(open_inference.metadata(self._name, model.version, columns, answers, probabilities))

    def v2_infer(self, version: str = "") -> Response:
        """The outputs that are asked for."""
        artifacts = self._authenticate("open-inference")
        self._check(artifacts, version)
        stages = self._answering.stages()
        request_body.flags((), 'probabilities are the output "predict_proba" of the body')
        length = request.headers.get(binary_tensors.HEADER)
        asked = open_inference.parse(
            _json_body(), artifacts.predictor.schema.names, length, artifacts.predictor.schema.required
        )

        def write(given: PredictionResult) -> Response:
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
        """Predictions for one of MLflow's forms, for CSV, or for an array of NumPy."""
        artifacts, stages = self._authenticate("mlflow"), self._answering.stages()
        flags = request_body.flags()
        if request.mimetype in ("text/csv", "application/csv"):
            charset = request.mimetype_params.get("charset", "utf-8").lower()
            if charset not in mlflow.CHARSETS:
                raise UnsupportedMediaType(f"the charset must be one of {', '.join(mlflow.CHARSETS)}")
            schema = artifacts.predictor.schema
            rows = mlflow.parse_csv(request_body.body(request), schema.names, charset, schema.required)
        elif request.mimetype == sagemaker.NPY:
            rows = sagemaker.parse_npy(request_body.body(request))
        else:
            rows = mlflow.parse(_json_body(f"{JSON}, {sagemaker.CSV} or {sagemaker.NPY}"))
        accepted = request.accept_mimetypes.best_match([JSON, sagemaker.CSV, sagemaker.NPY])
        if flags and accepted in (sagemaker.CSV, sagemaker.NPY):
            abort(400, f"{' and '.join(sorted(flags))} need Accept: {JSON}, which has room for more than predictions")

        def write(given: PredictionResult) -> Response:
            if accepted == sagemaker.CSV:
                return Response(sagemaker.csv_answer(given.predictions), mimetype=sagemaker.CSV)
            if accepted == sagemaker.NPY:
                return Response(sagemaker.npy_answer(given.predictions), mimetype=sagemaker.NPY)
            return _reply(mlflow.answer(given.predictions, given.extras(flags)))

        return self._answered(artifacts, stages, rows, write, "proba" in flags)

    def ping(self) -> Response:
        """Whether new clients are welcome, as MLflow's and SageMaker's probes ask."""
        return Response("\n", 200 if self._ready() else 503, mimetype="text/plain")

    def health(self) -> Response:
        """MLflow's other name for it."""
        return self.ping()

    def _authenticate(self, protocol: str) -> Artifacts:
        """What the request works on. Raises AuthenticationError."""
        artifacts = self._artifacts()
        is_vertex = self._vertex is not None and request.path == self._vertex.predict
        if protocol not in self._open and not (is_vertex and "vertex" in self._open):
            require_token(artifacts, request.headers.get("Authorization", ""))
        return artifacts

    def _check(self, artifacts: Artifacts, version: str) -> None:
        """Only the model that serves can be asked for."""
        if version not in ("", artifacts.model.version):
            abort(404, f"the model's version is {artifacts.model.version}")

    def _answered(
        self,
        artifacts: Artifacts,
        stages: StageTimer,
        rows: Any,
        write: Callable[[PredictionResult], Response],
        with_probabilities: bool = False,
    ) -> Response:
        given = self._answering.answer(artifacts, rows, stages, with_probabilities)
        response = write(given)
        response.headers.update(given.headers)
        stages.lap("format")
        return response


def _datatype(kind: str, categories: Sequence[Any]) -> str:
    if kind == "number":
        return "FP64"
    return open_inference.datatype([value for value in categories if value is not None])


def _reply(document: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document), status, mimetype=JSON)


def _json_body(expected: str = JSON) -> bytes:
    """The body. Clients of these protocols do not all say that it is JSON."""
    if request.mimetype not in ("", JSON, "application/octet-stream") and not request.is_json:
        raise UnsupportedMediaType(f"the Content-Type must be {expected}")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("the charset must be utf-8")
    return request_body.body(request)
