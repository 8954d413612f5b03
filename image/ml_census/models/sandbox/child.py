"""Check a pickled model: the code that runs in the child process."""

import json
import os
import resource
from pathlib import Path

from ml_census.config import Config
from ml_census.engine.runtime import serialization
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.errors import ArtifactError
from ml_census.models import loading
from ml_census.models.manifest import ModelFolder
from ml_census.models.model import ServedModel
from ml_census.models.sandbox.container_memory import available_memory
from ml_census.models.sandbox.parent import CONFIG
from ml_census.models.sandbox.result import SandboxResult, write_error
from ml_census.schema import schema_to_json
from ml_census.storage import snapshot

PRIORITY = 10
"""Increment of the nice value of the child process, so that the server process has a
higher CPU priority."""


def check_model(folder: Path) -> None:
    """Load and check the pickled model in a folder. Write a SandboxResult or an ArtifactError to the same folder.

    This function limits the memory of the process. Raises OSError if a file cannot be
    read or written, and ValueError if a file has changed since the server wrote it.
    """
    os.nice(PRIORITY)
    if (available := available_memory()) is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (available, available))
    try:
        result = _load(_read_config(folder), folder)
    except ArtifactError as error:
        write_error(folder, error)
    else:
        result.write(folder)


def _load(config: Config, folder: Path) -> SandboxResult:
    """Return the result of the checks. Raises ArtifactError, also if memory is short."""
    try:
        files = ModelFolder(config.model_path, snapshot.read_cache(folder), config.model_sha256)
        return _to_result(loading.load_from_pickle(config, files))
    except MemoryError as error:
        reason = "not enough memory to check the model (MemoryError)"
        raise ArtifactError("model_path", config.model_path, reason, is_transient=True) from error


def _read_config(folder: Path) -> Config:
    values = json.loads((folder / CONFIG).read_text())
    return Config(**values | {"trusted_globals": tuple(values["trusted_globals"])})


def _to_result(model: ServedModel) -> SandboxResult:
    compiled, schema = None, b""
    if isinstance(model.predictor, CompiledPredictor):
        compiled = serialization.to_bytes(model.predictor)
        schema = json.dumps(schema_to_json(model.predictor.schema)).encode()
    return SandboxResult(
        compiled, schema, model.engine, model.sklearn_version, model.trained_with_sklearn, model.warnings
    )
