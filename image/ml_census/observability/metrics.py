"""Prometheus metrics, served in text format on a separate port.

Clients cannot choose the value of a label, so the number of time series is bounded. The
names of the metrics follow https://prometheus.io/docs/practices/naming/
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client import start_http_server as start

from ml_census.observability.column_counter import ColumnCounter
from ml_census.observability.drift import DriftMonitor
from ml_census.observability.model_collector import ModelCollector, ModelInfo
from ml_census.schema import Columns

STAGES = ("parse", "validate", "predict", "format")
"""Stages of a prediction request, in the order of execution."""
LOGIN_RESULTS = ("success", "failure", "throttled")
NO_PROTOCOL = "none"
"""Value of the label `protocol` for routes other than predictions and the login, such
as web pages and probes."""
LOGIN_ROUTE = "/login"
WHOLE_ROW = "row"
"""Value of the label `column` for a row with the wrong columns, or a row that the model
rejects without a column."""
REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper bounds of the buckets of ml_census_request_seconds, in seconds."""
STAGE_SECONDS = (0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
"""Upper bounds of the buckets of ml_census_stage_seconds, in seconds."""


class Metrics:
    """Prometheus metrics of one server process."""

    def __init__(self) -> None:
        """Register all metrics except those of the model, which watch_model() registers."""
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._register_requests(registry)
        self._register_server(registry)
        self._register_predictions(registry)
        logins = Counter("ml_census_logins", "Logins by result.", ["result"], registry=registry)
        self._logins = {result: logins.labels(result) for result in LOGIN_RESULTS}

    def _register_predictions(self, registry: CollectorRegistry) -> None:
        stages = Histogram(
            "ml_census_stage_seconds",
            "Time spent per prediction stage.",
            ["stage"],
            buckets=STAGE_SECONDS,
            registry=registry,
        )
        self._stages = {stage: stages.labels(stage) for stage in STAGES}
        self._rows = Counter("ml_census_rows", "Predicted rows.", registry=registry)
        self._unknown = ColumnCounter(
            "ml_census_unknown_values", "Categories that did not occur in training.", registry
        )
        self._invalid = ColumnCounter("ml_census_invalid_values", "Values and rows rejected with 400.", registry)

    def _register_requests(self, registry: CollectorRegistry) -> None:
        labels = ["route", "protocol", "status"]
        self._protocols: Mapping[str, str] = {}
        self._requests = Counter("ml_census_requests", "Responses.", labels, registry=registry)
        self._request_seconds = Histogram(
            "ml_census_request_seconds",
            "Time from a complete request to its response, including time in a queue.",
            labels,
            buckets=REQUEST_SECONDS,
            registry=registry,
        )
        self._responses: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def _register_server(self, registry: CollectorRegistry) -> None:
        self._waiting = Gauge("ml_census_waiting", "Requests in a queue for a thread.", ["queue"], registry=registry)
        self._rejected = Counter(
            "ml_census_rejected_requests", "Requests rejected by a full queue.", ["queue"], registry=registry
        )
        self._connections = Gauge("ml_census_connections", "Open connections.", registry=registry)
        self._in_flight = Gauge(
            "ml_census_in_flight", "Complete predictions without a response, in a queue or running.", registry=registry
        )
        self._draining = Gauge("ml_census_draining", "1 after SIGTERM.", registry=registry)

    def record_response(self, route: str, status: int, seconds: float) -> None:
        """Count a response. `route` is the route's label, and `seconds` the time since the request was complete."""
        if (route, status) not in self._responses:  # a look-up of labels takes the same time as a count
            labels = route, self._protocols.get(route, NO_PROTOCOL), status
            self._responses[route, status] = self._requests.labels(*labels), self._request_seconds.labels(*labels)
        count, times = self._responses[route, status]
        count.inc()
        times.observe(seconds)

    def record_rejection(self, queue: str) -> None:
        """Count a request that the server rejects because `queue` is full. record_response() counts the response."""
        self._rejected.labels(queue).inc()

    def stage_timer(self) -> "StageTimer":
        """Return a started timer for the stages of one prediction request."""
        return StageTimer(self._stages)

    def record_prediction(self, drift: DriftMonitor, columns: Columns, unknown: Sequence[Mapping[str, Any]]) -> None:
        """Count predicted rows and their unknown categories.

        `drift` is the monitor of the model that predicted the rows. `columns` has the
        values column by column. `unknown` has an entry with the key "column" for each
        category that did not occur in training.
        """
        self._rows.inc(len(columns[0]))
        drift.observe(columns)
        self._unknown.add(str(entry["column"]) for entry in unknown)

    def record_invalid_values(self, details: Sequence[Mapping[str, Any]]) -> None:
        """Count rejected values by column.

        `details` has an entry for each rejected value or row. An entry without the key
        "column" is a whole row, which counts as WHOLE_ROW.
        """
        self._invalid.add(str(entry.get("column", WHOLE_ROW)) for entry in details)

    def record_login(self, result: str) -> None:
        """Count a login; `result` is one of LOGIN_RESULTS."""
        self._logins[result].inc()

    def set_route_protocols(self, protocols: Mapping[str, str]) -> None:
        """Set the label `protocol` by route. Routes that are not in the mapping have NO_PROTOCOL."""
        self._protocols = protocols

    def is_prediction(self, route: str) -> bool:
        """Return whether a route predicts. LOGIN_ROUTE has a protocol but does not predict."""
        return route != LOGIN_ROUTE and self._protocols.get(route, NO_PROTOCOL) != NO_PROTOCOL

    def watch_server(
        self,
        waiting: Mapping[str, Callable[[], int]],
        connections: Callable[[], int],
        in_flight: Callable[[], int],
        draining: threading.Event,
    ) -> None:
        """Read the values of the server at each scrape.

        `waiting` maps the name of a queue to a function that returns the queue length.
        `connections` and `in_flight` return the numbers of connections and of
        predictions without a response. `draining` is set after SIGTERM.
        """
        for queue, length in waiting.items():
            self._waiting.labels(queue).set_function(length)
            self._rejected.labels(queue)  # starts at 0: Prometheus does not count the first value of a series as a rise
        self._connections.set_function(connections)
        self._in_flight.set_function(in_flight)
        self._draining.set_function(draining.is_set)

    def watch_model(self, model: Callable[[], ModelInfo], reloads: Callable[[], Mapping[str, int]]) -> None:
        """Read the served model, and the number of model reloads by result, at each scrape."""
        self.registry.register(ModelCollector(model, reloads))

    def serve(self, host: str, port: int) -> int:
        """Serve the metrics over HTTP from background threads, and return the port. Port 0 means any free port.

        Raises OSError if the port is not available.
        """
        server, _thread = start(port, host, self.registry)
        return int(server.server_port)


class StageTimer:
    """Timer for the consecutive stages of one prediction request."""

    def __init__(self, stages: Mapping[str, Histogram]) -> None:
        """Start the first stage. `stages` maps each stage to the histogram of its time."""
        self._stages = stages
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Record the time since the previous call (or the creation) as the time of `stage`."""
        now = time.perf_counter()
        self._stages[stage].observe(now - self._since)
        self._since = now
