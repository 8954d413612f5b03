"""The number of label values is bounded."""

from prometheus_client import CollectorRegistry

from ml_census.observability.column_counter import ColumnCounter
from ml_census.observability.model_collector import MAX_COLUMN_LABELS


def test_columns_beyond_the_maximum_are_counted_together() -> None:
    registry = CollectorRegistry()
    counter = ColumnCounter("example", "Values.", registry)

    counter.add(f"c{index}" for index in range(MAX_COLUMN_LABELS + 2))
    counter.add(["c0", "c0"])

    assert registry.get_sample_value("example_total", {"column": "c0"}) == 3
    assert registry.get_sample_value("example_total", {"column": "other"}) == 2
