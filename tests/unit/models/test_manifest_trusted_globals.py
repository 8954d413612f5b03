"""A manifest adds trusted globals only if the configuration pins it by model_sha256."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from conftest import WriteFolder
from ml_census import config
from ml_census.artifacts.bundle import Artifacts
from ml_census.errors import ArtifactError
from ml_census.models.publishing import publish_files
from support import harmful_module
from support.load_artifacts import load_artifacts

NAME = "support.harmful_module.doubled"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Publish a model with a function of an operator's module; return the folder."""
    model = make_pipeline(FunctionTransformer(harmful_module.doubled), LogisticRegression()).fit(
        [[0.0], [1.0]] * 20, [0, 1] * 20
    )
    joblib.dump(model, tmp_path / "model.pkl")
    publish_files(str(tmp_path / "model.pkl"), str(tmp_path / "out"), None, None, None, [NAME])
    return tmp_path / "out"


@pytest.fixture
def start(published: Path, folder: WriteFolder) -> Callable[..., Artifacts]:
    """Load the published model, with changes to the configuration."""

    def load(**changes: Any) -> Artifacts:
        settings = {"model_path": str(published / "model.pkl"), **changes}
        return load_artifacts(config.load(str(folder("logistic", **settings))))

    return load


def pin(published: Path) -> str:
    return hashlib.sha256((published / "manifest.json").read_bytes()).hexdigest()


def test_publish_writes_the_trusted_names_into_the_manifest(published: Path) -> None:
    assert json.loads((published / "manifest.json").read_text())["trusted_globals"] == [NAME]


def test_pinned_manifest_is_trusted(published: Path, start: Callable[..., Artifacts]) -> None:
    loaded = start(model_sha256=pin(published))

    assert loaded.predictor.predict([[1.0]]) == [1]


def test_manifest_without_a_pin_is_not_trusted(start: Callable[..., Artifacts]) -> None:
    """Otherwise a person who can write the folder could trust names of their choice."""
    with pytest.raises(ArtifactError, match=rf"a config.yaml needs trusted_globals: \[{re.escape(NAME)}\]"):
        start()


@pytest.mark.parametrize("names", [NAME, [7], {"a": 1}], ids=json.dumps)
def test_pinned_manifest_of_another_shape_is_rejected(
    published: Path, start: Callable[..., Artifacts], names: Any
) -> None:
    manifest = json.loads((published / "manifest.json").read_text()) | {"trusted_globals": names}
    (published / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ArtifactError, match="trusted_globals must be a list"):
        start(model_sha256=pin(published))


def test_pinned_manifest_cannot_trust_builtins(published: Path, start: Callable[..., Artifacts]) -> None:
    (published / "model.pkl").write_bytes(b"cbuiltins\ngetattr\n.")
    digest = hashlib.sha256((published / "model.pkl").read_bytes()).hexdigest()
    manifest = {"files": {"model.pkl": digest}, "trusted_globals": ["builtins.getattr"]}
    (published / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ArtifactError, match=r"builtins\.getattr cannot be trusted"):
        start(model_sha256=pin(published))
