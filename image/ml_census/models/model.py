"""The model that a server serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import Predictor
from ml_census.models import class_labels
from ml_census.observability.drift import DriftMonitor


@dataclass(frozen=True)
class ServedModel:
    """A predictor, the content of its files, the facts that /version reports, and the drift of the predicted rows."""

    predictor: Predictor
    version: str
    """The first 12 hex digits of the model file's SHA-256."""
    engine: EngineInfo
    sklearn_version: str
    """The scikit-learn version that made the compiled form, or that runs in this process."""
    trained_with_sklearn: str | None = None
    """The scikit-learn version that made the pickle, if it differs from `sklearn_version`."""
    warnings: Sequence[str] = ()
    """Warnings of scikit-learn while it loaded the pickle, one line each."""
    labels: Mapping[Any, str] | None = None
    """The text of each class for responses; None: responses contain the model's own values."""
    report: bytes | None = None
    """An HTML page about the training and the quality of the model, or None."""
    sample: Any = None
    """A prediction for one row, not decoded; None if the model predicts no known row."""
    drift: DriftMonitor = field(init=False, repr=False, compare=False)
    """One monitor for each model: requests in flight on the previous model are not counted here."""

    def __post_init__(self) -> None:
        """Create the drift monitor for the predictor's columns."""
        object.__setattr__(self, "drift", DriftMonitor(self.predictor.schema))

    def decode(self, predictions: list[Any]) -> list[Any]:
        """Return the predictions, with the text from `labels` in place of each class that has one."""
        return class_labels.decode(self.labels, predictions)
