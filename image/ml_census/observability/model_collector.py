"""Metrics of the served model, read at the time of each scrape."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from ml_census.observability.drift import DriftMonitor

MAX_COLUMN_LABELS = 100
"""Maximum number of columns that a metric has as label values, so that the number of
time series is bounded."""


@dataclass(frozen=True)
class ModelInfo:
    """Facts about the served model for the metrics."""

    version: str
    """Start of the SHA-256 of the model file."""
    engine: str
    """Code that predicts: "compiled" (a form of the model without scikit-learn) or
    "sklearn" (scikit-learn)."""
    has_version_mismatch: bool
    """True if the model was trained with a scikit-learn version other than the
    installed one."""
    drift: DriftMonitor


class ModelCollector(Collector):
    """Prometheus collector for the version, engine, version mismatch, reload counts and drift of the served model.

    Each scrape reads the current model, so that a replaced model has no time series.
    """

    def __init__(self, model: Callable[[], ModelInfo], reloads: Callable[[], Mapping[str, int]]) -> None:
        """Set the functions that return the served model, and the number of reloads by result."""
        self._model = model
        self._reloads = reloads

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics with their current values."""
        model = self._model()
        yield from _model_metrics(model)
        yield _reloads(self._reloads())
        yield _drift(model.drift.psi_by_column())


def _model_metrics(model: ModelInfo) -> Iterable[Metric]:
    info = {"version": model.version, "engine": model.engine}
    yield InfoMetricFamily("ml_census_model", "Version and engine of the served model.", info)
    yield GaugeMetricFamily(
        "ml_census_version_mismatch",
        "1 if the served model was trained with another version of scikit-learn than the installed one.",
        float(model.has_version_mismatch),
    )


def _reloads(counts: Mapping[str, int]) -> Metric:
    reloads = CounterMetricFamily("ml_census_reloads", "Changed artifacts by result of the reload.", labels=["result"])
    for result, count in counts.items():
        reloads.add_metric([result], count)
    return reloads


def _drift(psi_by_column: Mapping[str, float]) -> Metric:
    description = "Population stability index of a column against its training distribution."
    drift = GaugeMetricFamily("ml_census_drift", description, labels=["column"])
    for column, psi in list(psi_by_column.items())[:MAX_COLUMN_LABELS]:
        drift.add_metric([column], psi)
    return drift
