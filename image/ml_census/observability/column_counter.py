"""Prometheus counter by column, with a bounded number of label values."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter

from ml_census.observability.model_collector import MAX_COLUMN_LABELS


class ColumnCounter:
    """Counter with the label `column`: the first MAX_COLUMN_LABELS columns by name, and `other` for further columns."""

    def __init__(self, name: str, description: str, registry: CollectorRegistry) -> None:
        """Register the counter. `name` has no suffix `_total`."""
        self._counter = Counter(name, description, ["column"], registry=registry)
        self._columns: set[str] = set()

    def add(self, columns: Iterable[str]) -> None:
        """Count one value for each entry of `columns`."""
        for column, count in Tally(columns).items():
            if len(self._columns) < MAX_COLUMN_LABELS:
                self._columns.add(column)
            self._counter.labels(column if column in self._columns else "other").inc(count)
