"""A served model decodes predictions, and counts the drift of its own rows alone."""

from dataclasses import replace

import pytest
from sklearn.dummy import DummyClassifier

from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.sklearn_predictor import SklearnPredictor
from ml_census.models.model import ServedModel
from ml_census.models.schema_inference import infer_schema


@pytest.fixture
def served() -> ServedModel:
    model = DummyClassifier().fit([[0.0], [1.0]], [0, 1])
    return ServedModel(SklearnPredictor(model, infer_schema(model)), "0" * 12, EngineInfo("sklearn"), "1.9.0")


def test_predictions_without_labels_are_the_models_own(served: ServedModel) -> None:
    assert served.decode([0, 1]) == [0, 1]


def test_predictions_with_labels_are_decoded(served: ServedModel) -> None:
    assert replace(served, labels={0: "low", 1: "high"}).decode([1, 0]) == ["high", "low"]


def test_replaced_model_has_a_drift_monitor_of_its_own(served: ServedModel) -> None:
    assert replace(served, version="1" * 12).drift is not served.drift
