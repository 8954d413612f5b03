"""The result of a check in the sandbox, the child process that checks a pickled model.

The child process writes result.json and, for a compiled model, compiled.npz. The server
reads both files.
"""

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
    """Result of the sandbox for a pickled model that passed all checks."""

    compiled: bytes | None
    """The content of compiled.npz. None: the model has no compiled form, so
    scikit-learn must predict."""
    schema: bytes
    """The schema of the compiled form as JSON in UTF-8. b"": the model has no compiled
    form."""
    engine: EngineInfo
    """The engine that predicts: the compiled form, or scikit-learn with the reason why
    the model does not compile."""
    sklearn_version: str
    """The installed version of scikit-learn."""
    trained_with_sklearn: str | None
    """The scikit-learn version that wrote the pickle. None: the version is unknown or
    equals `sklearn_version`."""
    warnings: Sequence[str]
    """Warnings that Python issued while the pickle was loaded, one line each."""

    def write(self, folder: Path) -> None:
        """Write the result to the files result.json and compiled.npz in a folder. Raises OSError if this fails."""
        if self.compiled is not None:
            (folder / COMPILED).write_bytes(self.compiled)
        document = asdict(self) | {"compiled": self.compiled is not None, "schema": self.schema.decode()}
        (folder / RESULT).write_text(json.dumps(document))


def write_error(folder: Path, error: ArtifactError) -> None:
    """Write the error of a rejected model to result.json in a folder. Raises OSError if this fails."""
    document = {"error": [error.key, error.uri, error.reason], "is_transient": error.is_transient}
    (folder / RESULT).write_text(json.dumps(document))


def has_result(folder: Path) -> bool:
    """Return whether the sandbox process has written result.json, with a result or an error, to the folder."""
    return (folder / RESULT).exists()


def read_result(folder: Path) -> SandboxResult:
    """Return the result that the sandbox process wrote to the folder.

    Raises the ArtifactError that the sandbox process wrote in place of a result. Raises
    OSError if a file cannot be read.
    """
    document = json.loads((folder / RESULT).read_text())
    if "error" in document:
        raise ArtifactError(*document["error"], is_transient=document["is_transient"])
    compiled = (folder / COMPILED).read_bytes() if document["compiled"] else None
    engine, schema = EngineInfo(**document["engine"]), document["schema"].encode()
    return SandboxResult(**document | {"compiled": compiled, "engine": engine, "schema": schema})
