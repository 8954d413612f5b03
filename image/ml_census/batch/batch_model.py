"""Load the model of a run: a published, compiled model."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, cast

from ml_census.batch.errors import BatchError
from ml_census.engine.runtime.compiled_model import CompiledPredictor
from ml_census.errors import ArtifactError
from ml_census.models.loading import is_published, load_published
from ml_census.models.location import local_config
from ml_census.models.manifest import MANIFEST, ModelFolder
from ml_census.storage import StorageUnavailableError
from ml_census.storage.retries import retry
from ml_census.storage.snapshot import Snapshot


@dataclass(frozen=True)
class BatchModel:
    """A compiled model, the texts of its classes, and its identity."""

    predictor: CompiledPredictor
    classes: list[Any] | None
    """The classes as /prediction returns them, in the order of the probabilities; None
    for a regressor."""
    version: str
    """The first 12 hex digits of the SHA-256 of the model file."""
    sha256: str
    """The SHA-256 of manifest.json, which lists the SHA-256 of each file of the model."""


def load(uri: str, sha256: str | None = None) -> BatchModel:
    """Return the model of a folder that `ml-census publish` wrote.

    `sha256` is the expected SHA-256 of manifest.json; None accepts any. Raises
    BatchError if the model has no compiled form, ArtifactError if a file cannot be read
    or the model fails a check, and StorageUnavailableError if a later attempt may
    succeed.
    """
    return retry(lambda: _load(uri, sha256))


def _load(uri: str, sha256: str | None) -> BatchModel:
    try:
        return _load_published(uri, sha256)
    except ArtifactError as error:
        if error.is_transient:
            raise StorageUnavailableError(str(error)) from error
        raise


def _load_published(uri: str, sha256: str | None) -> BatchModel:
    config, files = replace(local_config(uri), model_sha256=sha256), Snapshot()
    folder = ModelFolder(config.model_path, files, sha256)
    if not is_published(config, folder):
        raise BatchError(f"{uri}: is not a folder with a compiled model: write one with ml-census publish")
    model = load_published(config, folder)
    predictor = cast(CompiledPredictor, model.predictor)
    classes = None if predictor.classes is None else model.decode(predictor.classes)
    manifest = files.files[folder.uri(MANIFEST)] or b""
    return BatchModel(predictor, classes, model.version, hashlib.sha256(manifest).hexdigest())
