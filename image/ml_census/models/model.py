"""A loaded model, with the data that a server needs to answer requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import Predictor
from ml_census.models import class_labels
from ml_census.observability.drift import DriftMonitor

VERSION_DIGITS = 12
"""Number of hex digits of the model file's SHA-256 that are the version of the model
(12)."""


@dataclass(frozen=True)
class ServedModel:
    """A loaded model: the predictor, the files that belong to it, and the facts that GET /version reports."""

    predictor: Predictor
    version: str
    """The first 12 hex digits of the SHA-256 of the model file."""
    engine: EngineInfo
    sklearn_version: str
    """The scikit-learn version that compiled the model. Without a compiled form: the
    version that predicts."""
    trained_with_sklearn: str | None = None
    """The scikit-learn version that wrote the pickle. None: the version is unknown or
    equals `sklearn_version`."""
    warnings: Sequence[str] = ()
    """Warnings that Python issued while the pickle was loaded, one line each."""
    labels: Mapping[Any, str] | None = None
    """The text for each class in responses. None: responses contain the classes
    themselves."""
    report: bytes | None = None
    """The HTML page report.html, or None if the folder of the model has no
    report.html."""
    sample: Any = None
    """The prediction for one row, before `decode`. None: the model rejects the example
    rows and has no golden.json."""
    name: str | None = None
    """The name in manifest.json. None: manifest.json is missing or has no name."""
    description: str | None = None
    """The description in manifest.json. None: manifest.json is missing or has no
    description."""
    drift: DriftMonitor = field(init=False, repr=False, compare=False)
    """Monitor that compares predicted rows with the training data. Each loaded model has its own
    monitor, which starts empty."""

    def __post_init__(self) -> None:
        """Create the drift monitor for the columns of the predictor."""
        object.__setattr__(self, "drift", DriftMonitor(self.predictor.schema))

    def decode(self, predictions: list[Any]) -> list[Any]:
        """Return the predictions with each class replaced by its text in `labels`. Other values stay unchanged."""
        return class_labels.decode(self.labels, predictions)
