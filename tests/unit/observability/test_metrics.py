"""The number of label values is bounded for all requests."""

from ml_census.observability.drift import DriftMonitor
from ml_census.observability.metrics import Metrics
from ml_census.observability.model_collector import MAX_COLUMN_LABELS
from ml_census.schema import Column, Schema


def test_unknown_values_beyond_100_columns_are_counted_together() -> None:
    columns = tuple(Column(f"c{index}", "category", ("a",)) for index in range(MAX_COLUMN_LABELS + 2))
    metrics = Metrics()

    unknown = [{"row": 0, "column": column.name, "got": "b"} for column in columns]
    metrics.record_prediction(DriftMonitor(Schema(columns, "frame")), [["b"]] * len(columns), unknown)

    assert metrics.registry.get_sample_value("ml_census_unknown_values_total", {"column": "other"}) == 2
