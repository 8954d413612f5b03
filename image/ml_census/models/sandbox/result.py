"""The result that the sandbox process writes for the server: result.json, and compiled.npz for a compiled model."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ml_census.engine.engine_info import EngineInfo
from ml_census.errors import ArtifactError
from ml_census.models.manifest import COMPILED

RESULT = "result.json"


@dataclass(frozen=True)
class SandboxResult:
    """Result of the sandbox for a pickled model that passed the checks.

    `engine` has the reason if the model has no compiled form.
    """

    compiled: bytes | None
    """The content of compiled.npz, or None if scikit-learn itself must predict."""
    schema: bytes
    """The schema of the compiled form as JSON, or b"" without a compiled form."""
    engine: EngineInfo
    sklearn_version: str
    trained_with_sklearn: str | None
    warnings: Sequence[str]

    def write(self, folder: Path) -> None:
        """Write the result to the folder. Raises OSError."""
        if self.compiled is not None:
            (folder / COMPILED).write_bytes(self.compiled)
        document = asdict(self) | {"compiled": self.compiled is not None, "schema": self.schema.decode()}
        (folder / RESULT).write_text(json.dumps(document))


def write_error(folder: Path, error: ArtifactError) -> None:
    """Write the error that rejects the model to the folder. Raises OSError."""
    document = {"error": [error.key, error.uri, error.reason], "is_transient": error.is_transient}
    (folder / RESULT).write_text(json.dumps(document))


def has_result(folder: Path) -> bool:
    """Return whether the sandbox process has written a result or an error to the folder."""
    return (folder / RESULT).exists()


def read_result(folder: Path) -> SandboxResult:
    """Return the result that the sandbox process wrote to the folder.

    Raises ArtifactError if that process wrote an error, and OSError if a file cannot be read.
    """
    document = json.loads((folder / RESULT).read_text())
    if "error" in document:
        raise ArtifactError(*document["error"], is_transient=document["is_transient"])
    compiled = (folder / COMPILED).read_bytes() if document["compiled"] else None
    engine, schema = EngineInfo(**document["engine"]), document["schema"].encode()
    return SandboxResult(**document | {"compiled": compiled, "engine": engine, "schema": schema})
