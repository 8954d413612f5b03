"""Flask application with the methods that the HTTP server calls (ScheduledApplication in ml_census/server)."""

from urllib.parse import parse_qs

from ml_census.api.blueprint import Workload
from ml_census.api.error_handlers import error_document
from ml_census.api.fast_path import FastPathFlask
from ml_census.api.responses import to_json
from ml_census.api.routes import OTHER
from ml_census.api.views.prediction import REASONS
from ml_census.artifacts.bundle import Artifacts

PROBE, FAST, LOGIN, WORK = "probe", "fast", "login", "work"
"""Names of the queues in the HTTP server."""
FAST_BYTES = 4096
"""Maximum request body for the fast queue, in bytes. About 30 census rows fit, and take
less than 1 ms."""


class ScheduledFlask(FastPathFlask):
    """Flask application that gives the HTTP server the queue, the metrics label and the error body of a request."""

    def replace_artifacts(self, artifacts: Artifacts) -> None:
        """Use another model, other users or other signing keys for all requests that begin after this call."""
        self.state.artifacts = artifacts

    def queue_for(self, path: str, query: str, length: int) -> str:
        """Return the queue of a request whose uncompressed body has `length` bytes: probe, fast, login or work.

        A prediction request of at most FAST_BYTES goes to "fast" if the model is
        compiled (predicts without scikit-learn) and the client requests no reasons. The
        reasons for a row take up to 1.5 ms. Any other prediction request goes to "work".
        """
        route = self.state.routes.find(path)
        if route is None or route.workload is Workload.OTHER:
            return WORK
        if route.workload is Workload.PREDICTION:
            is_compiled = self.state.artifacts.model.engine.kind == "compiled"
            has_reasons = bool(query) and REASONS in parse_qs(query, keep_blank_values=True)
            return FAST if is_compiled and length <= FAST_BYTES and not has_reasons else WORK
        return PROBE if route.workload is Workload.PROBE else LOGIN

    def metric_route(self, path: str) -> str:
        """Return the metrics label of a path: the name of its route, or "other" without a route."""
        route = self.state.routes.find(path)
        return route.label if route else OTHER

    def error_body(self, path: str, status: int, message: str) -> bytes:
        """Return the JSON body of an error response that the HTTP server sends without calling Flask."""
        return to_json(error_document(self.state, path, status, message)).encode()
