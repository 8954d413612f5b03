"""The labels of the metrics are bounded, whatever clients send."""

from sklearn.dummy import DummyClassifier

from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.loading import Model
from ml_census.observability.metrics import COLUMNS, Metrics
from ml_census.schema import Column, Schema


def test_unknown_values_beyond_100_columns_are_counted_together() -> None:
    columns = tuple(Column(f"c{place}", "category", ("a",)) for place in range(COLUMNS + 2))
    predictor = SklearnPredictor(DummyClassifier().fit([[0]], [1]), Schema(columns, "frame"))
    metrics = Metrics()

    unknown = [{"row": 0, "column": column.name, "got": "b"} for column in columns]
    metrics.predicted(Model(predictor, "0123456789ab", {}, "1.9.0"), [["b"]] * len(columns), unknown)

    assert metrics.registry.get_sample_value("ml_census_unknown_values_total", {"column": "other"}) == 2
