"""A loaded model, and the result of a check in the sandbox."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ml_census.engine.engine_info import EngineInfo
from ml_census.engine.predictor import Predictor
from ml_census.observability.drift import DriftMonitor


@dataclass(frozen=True)
class SandboxResult:
    """A pickled model that was loaded and checked in the sandbox: its compiled form, or the reason for having none."""

    compiled: bytes | None
    """The content of compiled.npz, or None if scikit-learn itself must predict."""
    schema: bytes
    """The schema of the compiled form as JSON; empty without a compiled form."""
    engine: EngineInfo
    sklearn_version: str
    trained_with_sklearn: str | None
    warnings: Sequence[str]


@dataclass(frozen=True)
class ServedModel:
    """A predictor, the facts that /version reports about it, and the drift of its rows."""

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
    drift: DriftMonitor = field(init=False, repr=False, compare=False)
    """One monitor for each model: requests in flight on the previous model are not counted here."""

    def __post_init__(self) -> None:
        """Create the drift monitor for the predictor's columns."""
        object.__setattr__(self, "drift", DriftMonitor(self.predictor.schema))
