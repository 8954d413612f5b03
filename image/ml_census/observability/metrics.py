"""What operators watch, in Prometheus' text format on a port of its own.

No label takes its values from clients, so that nobody can fill the memory with them.
https://prometheus.io/docs/practices/naming/
"""

import threading
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client import start_http_server as start
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from ml_census.artifacts.bundle import Artifacts
from ml_census.models.loading import Model
from ml_census.schema import Columns

STAGES = ("parse", "validate", "predict", "format")
LOGINS = ("ok", "wrong", "throttled")
REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
STAGE_SECONDS = (0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
COLUMNS = 100
"""Unknown values are counted for so many columns, those of all others together; the drift of no more."""


class Metrics:
    """Counts and times of one process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        labels = ["route", "protocol", "status"]
        self._protocols: Mapping[str, str] = {}
        self._requests = Counter("ml_census_requests", "Requests answered.", labels, registry=registry)
        self._request_seconds = Histogram(
            "ml_census_request_seconds",
            "From a request that is whole to its answer, waiting included.",
            labels,
            buckets=REQUEST_SECONDS,
            registry=registry,
        )
        self._answered: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        stages = Histogram(
            "ml_census_stage_seconds",
            "What a prediction spends its time with.",
            ["stage"],
            buckets=STAGE_SECONDS,
            registry=registry,
        )
        self._stages = {stage: stages.labels(stage) for stage in STAGES}
        self._rows = Counter("ml_census_rows", "Rows predicted.", registry=registry)
        logins = Counter("ml_census_logins", "Logins by how they ended.", ["result"], registry=registry)
        self._logins = {result: logins.labels(result) for result in LOGINS}
        self._unknown = Counter(
            "ml_census_unknown_values", "Categories that the model has not learnt.", ["column"], registry=registry
        )
        self._columns: set[str] = set()
        self._waiting = Gauge("ml_census_waiting", "Requests that wait for a thread.", ["lane"], registry=registry)
        self._shed = Counter("ml_census_shed", "Requests refused since too many wait.", ["lane"], registry=registry)
        self._connections = Gauge("ml_census_connections", "Open connections.", registry=registry)
        self._draining = Gauge("ml_census_draining", "1 from SIGTERM on.", registry=registry)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request has its answer."""
        if (route, status) not in self._answered:  # to look labels up costs as much as to count
            labels = route, self._protocols.get(route, ""), status
            self._answered[route, status] = self._requests.labels(*labels), self._request_seconds.labels(*labels)
        count, times = self._answered[route, status]
        count.inc()
        times.observe(seconds)

    def shed(self, lane: str) -> None:
        """A request is refused, since its lane is full; its answer is counted like any other."""
        self._shed.labels(lane).inc()

    def stages(self) -> "StageTimer":
        """A stopwatch for one prediction."""
        return StageTimer(self._stages)

    def predicted(self, model: Model, columns: Columns, unknown: Sequence[Mapping[str, Any]]) -> None:
        """The model has predicted these rows; `unknown` says in which columns it did not know a value."""
        self._rows.inc(len(columns[0]))
        model.drift.see(columns)
        if not unknown:
            return
        for column, count in Tally(str(each["column"]) for each in unknown).items():
            if len(self._columns) < COLUMNS:
                self._columns.add(column)
            self._unknown.labels(column if column in self._columns else "other").inc(count)

    def login(self, result: str) -> None:
        """Somebody has tried to log in, with one of LOGINS."""
        self._logins[result].inc()

    def set_route_protocols(self, protocols: Mapping[str, str]) -> None:
        """Which protocol each of these routes is of; others are of none."""
        self._protocols = protocols

    def watch_server(
        self, waiting: Mapping[str, Callable[[], int]], connections: Callable[[], int], draining: threading.Event
    ) -> None:
        """Look at these whenever somebody asks."""
        for lane, length in waiting.items():
            self._waiting.labels(lane).set_function(length)
            self._shed.labels(lane)  # 0 from the start on: what rises from nothing is no rise to Prometheus
        self._connections.set_function(connections)
        self._draining.set_function(draining.is_set)

    def watch_model(self, artifacts: Callable[[], Artifacts], reloads: Callable[[], Mapping[str, int]]) -> None:
        """Look at these whenever somebody asks."""
        self.registry.register(_Model(artifacts, reloads))

    def serve(self, host: str, port: int) -> int:
        """Answer on a port of its own, from threads of its own; 0 is any. The port. Raises OSError."""
        server, _thread = start(port, host, self.registry)
        return int(server.server_port)


class StageTimer:
    """The time since the last lap goes to the stage that the next lap names."""

    def __init__(self, stages: Mapping[str, Histogram]) -> None:
        self._stages = stages
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """The stage has ended."""
        now = time.perf_counter()
        self._stages[stage].observe(now - self._since)
        self._since = now


class _Model(Collector):
    """What serves at the moment of the question: a series of a model that was replaced is gone."""

    def __init__(self, artifacts: Callable[[], Artifacts], reloads: Callable[[], Mapping[str, int]]) -> None:
        self._artifacts = artifacts
        self._reloads = reloads

    def collect(self) -> Iterable[Metric]:
        """One info, the counts of reloads, and how far the model's columns have moved."""
        model = self._artifacts().model
        info = {"version": model.version, "engine": str(model.engine.get("kind", ""))}
        yield InfoMetricFamily("ml_census_model", "The model that serves, and what predicts.", info)
        yield GaugeMetricFamily(
            "ml_census_version_mismatch",
            "1 if the model was made by another scikit-learn than the one that is here.",
            float(model.made_by is not None),
        )
        reloads = CounterMetricFamily(
            "ml_census_reloads", "Changed artifacts by what became of them.", labels=["result"]
        )
        for result, count in self._reloads().items():
            reloads.add_metric([result], count)
        yield reloads
        drift = GaugeMetricFamily(
            "ml_census_drift", "Population stability index of a column against the training.", labels=["column"]
        )
        for column, index in list(model.drift.indices().items())[:COLUMNS]:
            drift.add_metric([column], index)
        yield drift
