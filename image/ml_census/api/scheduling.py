"""The Flask application with the methods that the HTTP server calls (ml_census/server, ScheduledApplication)."""

from ml_census.api.blueprint import Workload
from ml_census.api.error_handlers import error_document
from ml_census.api.fast_path import FastPathFlask
from ml_census.api.responses import to_json
from ml_census.api.routes import OTHER
from ml_census.artifacts.bundle import Artifacts

PROBE, FAST, LOGIN, WORK = "probe", "fast", "login", "work"
"""Names of the server's queues."""
FAST_BYTES = 4096
"""Maximum body of a request for the fast queue (bytes): about 30 rows of a census, predicted in less than 1 ms."""


class ScheduledFlask(FastPathFlask):
    """Flask application that names the queue, the metric label and the error body of a request for the server."""

    def replace_artifacts(self, artifacts: Artifacts) -> None:
        """Use other artifacts for all requests that begin after this call."""
        self.state.artifacts = artifacts

    def queue_for(self, path: str, length: int) -> str:
        """Return the name of the queue for a request with an uncompressed body of `length` bytes.

        A small prediction of a compiled model goes to the fast queue, whatever its protocol.
        """
        route = self.state.routes.find(path)
        if route is None or route.workload is Workload.OTHER:
            return WORK
        if route.workload is Workload.PREDICTION:
            is_compiled = self.state.artifacts.model.engine.kind == "compiled"
            return FAST if is_compiled and length <= FAST_BYTES else WORK
        return PROBE if route.workload is Workload.PROBE else LOGIN

    def metric_route(self, path: str) -> str:
        """Return the route of a path, a label of bounded cardinality; "other" if the path has no route."""
        route = self.state.routes.find(path)
        return route.label if route else OTHER

    def error_body(self, path: str, status: int, message: str) -> bytes:
        """Return the body of an error that the server sends itself, in the format of the path's protocol."""
        return to_json(error_document(self.state, path, status, message)).encode()
