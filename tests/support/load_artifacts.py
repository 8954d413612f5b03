"""Load artifacts as a server does, but a bare pickle in this process, as the child process of the sandbox does.

Starting the child takes 3 s for each model; tests/unit/models/sandbox/test_parent.py tests it.
"""

from pathlib import Path

import pytest

from ml_census import config as configuration
from ml_census.artifacts.bundle import Artifacts, load_signing_keys, load_users
from ml_census.config import Config
from ml_census.errors import ArtifactError
from ml_census.models import loading
from ml_census.models.manifest import ModelFolder
from ml_census.models.model import ServedModel
from ml_census.storage.snapshot import Snapshot


def load_artifacts(config: Config, files: Snapshot | None = None) -> Artifacts:
    """Return users, keys and model of a configuration. Raises ArtifactError."""
    files = files or Snapshot()
    users, keys = load_users(config, files), load_signing_keys(config, files)
    return Artifacts(load_model(config, files), users, keys)


def load_model(config: Config, files: Snapshot | None = None) -> ServedModel:
    """Return the model of a configuration. Raises ArtifactError."""
    folder = ModelFolder(config.model_path, files or Snapshot(), config.model_sha256)
    if loading.is_published(config, folder):
        return loading.load_published(config, folder)
    return loading.load_from_pickle(config, folder)


def load_model_of(path: Path) -> ServedModel:
    """Return the model of a config.yaml, loaded in this process."""
    return load_model(configuration.load(str(path)))


def rejection_of(path: Path) -> str:
    """Return the message of the error for the model of a config.yaml, which is one line."""
    with pytest.raises(ArtifactError) as raised:
        load_model_of(path)
    message = str(raised.value)
    assert "\n" not in message
    return message
