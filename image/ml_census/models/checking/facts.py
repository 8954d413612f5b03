"""The result of a check: all facts about a model that `ml-census check` reports."""

from dataclasses import asdict, dataclass
from typing import Any

from ml_census.engine.engine_info import EngineInfo
from ml_census.schema import Column


@dataclass(frozen=True)
class ColumnFacts:
    """An input column as the model learned it."""

    name: str | int
    type: str
    categories: int
    """Number of categories of the training data; 0 for columns of other types."""
    nullable: bool
    """True if a missing value is valid."""

    @classmethod
    def of(cls, column: Column) -> "ColumnFacts":
        """Return the facts of a column of a schema."""
        return cls(column.name, column.type, len(column.categories), column.nullable)


@dataclass(frozen=True)
class Globals:
    """The classes and functions of a pickle that a server does not import."""

    to_trust: tuple[str, ...] = ()
    """Names ("module.name") that an operator can trust with --trusted-global."""
    rejected: tuple[str, ...] = ()
    """Names that nobody can trust, such as builtins.eval, or functions of a script."""
    missing_modules: tuple[str, ...] = ()
    """Modules that the pickle needs and that are not installed."""


@dataclass(frozen=True)
class ModelCheck:
    """All facts about a model. A fact is None or empty if a problem prevents its measurement."""

    uri: str
    problem: str | None = None
    """The reason why a server cannot serve the model, with a remedy. None: a server can
    serve the model."""
    bytes: int | None = None
    """Size of the model file."""
    sklearn_version: str | None = None
    """The scikit-learn version that wrote the file."""
    packages: tuple[str, ...] = ()
    """Packages whose classes and functions the pickle references, besides those of
    NumPy, SciPy and Python."""
    estimator: str | None = None
    """Class of the estimator, and of the steps of a pipeline. None for a published
    model with a compiled form."""
    load_seconds: float | None = None
    """Time to load the model file, without the import of libraries."""
    columns: tuple[ColumnFacts, ...] = ()
    engine: EngineInfo | None = None
    """The engine with which a server predicts, and the reason why a model is not
    compiled."""
    globals: Globals = Globals()
    row: Any = None
    """A row that the model predicts, as JSON."""
    prediction: Any = None
    """The prediction for `row`."""
    compiled_microseconds: float | None = None
    """Time of the compiled form for one row. None: the model is not compiled."""
    sklearn_microseconds: float | None = None
    """Time of scikit-learn for one row. None for a published model with a compiled
    form."""

    @property
    def is_servable(self) -> bool:
        """Return whether a server can serve the model."""
        return self.problem is None

    def to_json(self) -> dict[str, Any]:
        """Return the facts as a JSON object, with `is_servable`."""
        return {"is_servable": self.is_servable} | asdict(self)
