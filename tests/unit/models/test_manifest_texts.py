"""Name and description of a model in its manifest."""

import json
from pathlib import Path

import pytest

from conftest import WriteFolder
from ml_census import config
from ml_census.errors import ArtifactError
from ml_census.models.model import ServedModel
from support.load_artifacts import load_model


def load_with(config_path: Path, **texts: object) -> ServedModel:
    """Load a published model after adding keys to its manifest."""
    manifest = config_path.parent / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | texts))
    return load_model(config.load(str(config_path)))


def test_name_and_description_are_read(published_folder: WriteFolder) -> None:
    model = load_with(published_folder("logistic"), name="Income", description="Census of 1994")

    assert (model.name, model.description) == ("Income", "Census of 1994")


def test_empty_text_is_no_name(published_folder: WriteFolder) -> None:
    assert load_with(published_folder("logistic"), name="").name is None


def test_name_that_is_no_text_is_rejected(published_folder: WriteFolder) -> None:
    path = published_folder("logistic")

    with pytest.raises(ArtifactError, match="name must be text"):
        load_with(path, name=["Income"])
