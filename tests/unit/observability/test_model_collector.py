"""The series of the served model, as each scrape reads them."""

from collections.abc import Mapping

import pytest
from prometheus_client import CollectorRegistry

from ml_census.observability.drift import MAX_SAMPLED_ROWS, MIN_ROWS, DriftMonitor
from ml_census.observability.model_collector import MAX_COLUMN_LABELS, ModelCollector, ModelInfo
from ml_census.schema import Column, Schema, TrainingDistribution


def served(version: str = "a1", columns: int = 1, has_version_mismatch: bool = False) -> ModelInfo:
    """Return a model that has predicted enough rows for a drift of each column."""
    training = TrainingDistribution((0.9, 0.1, 0.0))
    names = [f"c{index}" for index in range(columns)]
    known = tuple(Column(name, "category", ("a", "b"), training=training) for name in names)
    drift = DriftMonitor(Schema(known, "frame"))
    for _ in range(MIN_ROWS // MAX_SAMPLED_ROWS):
        drift.observe([["b"] * MAX_SAMPLED_ROWS] * columns)
    return ModelInfo(version, "compiled", has_version_mismatch, drift)


def labels(models: list[ModelInfo], series: str, reloads: Mapping[str, int] | None = None) -> list[dict[str, str]]:
    """Return the labels of a series. A scrape reads the last model."""
    registry = CollectorRegistry()
    registry.register(ModelCollector(lambda: models[-1], lambda: reloads or {}))
    return [sample.labels for family in registry.collect() for sample in family.samples if sample.name == series]


def test_replaced_model_has_no_series() -> None:
    models = [served("a1"), served("b2")]

    assert labels(models, "ml_census_model_info") == [{"version": "b2", "engine": "compiled"}]


@pytest.mark.parametrize("has_version_mismatch", [True, False])
def test_version_mismatch_is_a_number(has_version_mismatch: bool) -> None:
    registry = CollectorRegistry()
    registry.register(ModelCollector(lambda: served(has_version_mismatch=has_version_mismatch), dict))

    assert registry.get_sample_value("ml_census_version_mismatch") == int(has_version_mismatch)


def test_reloads_are_counted_by_result() -> None:
    results = labels([served()], "ml_census_reloads_total", {"success": 2, "rejected": 1})

    assert results == [{"result": "success"}, {"result": "rejected"}]


def test_drift_of_columns_beyond_100_is_left_out() -> None:
    assert len(labels([served(columns=MAX_COLUMN_LABELS + 2)], "ml_census_drift")) == MAX_COLUMN_LABELS
