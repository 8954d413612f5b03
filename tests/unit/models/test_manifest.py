"""A file is rejected if its hash is not the one of the manifest or of the configuration."""

import hashlib
import json
import pickle
import re
from pathlib import Path
from typing import Any

import joblib
import pytest

from conftest import WriteFolder
from ml_census import config
from ml_census.errors import ArtifactError
from ml_census.models import loading
from ml_census.storage.snapshot import Snapshot
from support import harmful_module
from support.load_artifacts import load_model_of, rejection_of
from support.sample_models import SAMPLE_MODELS


@pytest.mark.parametrize("listed", [True, False])
def test_pinned_model_with_another_hash_is_rejected(folder: WriteFolder, listed: bool) -> None:
    """The hash is that of manifest.json if there is one. To remove the manifest does not help."""
    path = folder("logistic")
    model, manifest = path.parent / "model.pkl", path.parent / "manifest.json"
    pinned = model
    if listed:
        files = {"model.pkl": hashlib.sha256(model.read_bytes()).hexdigest()}
        manifest.write_text(json.dumps({"files": files}))
        pinned = manifest
    path.write_text(path.read_text() + f"model_sha256: {hashlib.sha256(pinned.read_bytes()).hexdigest()}\n")
    assert load_model_of(path)

    joblib.dump(SAMPLE_MODELS["logistic"]().model, model, compress=1)
    assert "SHA-256 mismatch" in rejection_of(path)
    if listed:
        manifest.write_text(json.dumps({"files": {"model.pkl": hashlib.sha256(model.read_bytes()).hexdigest()}}))
        assert "SHA-256 mismatch" in rejection_of(path)
        manifest.unlink()
        assert "SHA-256 mismatch" in rejection_of(path)


class MakeFolderOnLoad:
    """A pickle that creates a folder."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return harmful_module.make_folder, (self.path,)


@pytest.mark.parametrize("listed", [True, False])
def test_changed_file_of_a_pinned_model_is_not_unpickled(folder: WriteFolder, tmp_path: Path, listed: bool) -> None:
    path, made = folder("logistic", trusted_globals=["support.harmful_module.make_folder"]), tmp_path / "made"
    model, manifest = path.parent / "model.pkl", path.parent / "manifest.json"
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    if listed:
        manifest.write_text(json.dumps({"files": {"model.pkl": digest}}))
        digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    model.write_bytes(pickle.dumps(MakeFolderOnLoad(made)))
    if not listed:
        assert "has no predict" in rejection_of(path)
        made.rmdir()

    path.write_text(path.read_text() + f"model_sha256: {digest}\n")

    assert "SHA-256 mismatch" in rejection_of(path)
    with pytest.raises(ArtifactError, match="SHA-256 mismatch"):
        loading.load_model(config.load(str(path)), Snapshot())
    assert not made.exists()


def test_pinned_manifest_without_the_model_is_rejected(folder: WriteFolder) -> None:
    path = folder("logistic")
    manifest = path.parent / "manifest.json"
    manifest.write_text(json.dumps({"files": {}}))
    assert load_model_of(path)

    path.write_text(path.read_text() + f"model_sha256: {hashlib.sha256(manifest.read_bytes()).hexdigest()}\n")

    assert rejection_of(path).endswith("does not list model.pkl, so model_sha256 does not protect the file")


def test_file_with_another_hash_is_rejected(folder: WriteFolder) -> None:
    path = folder("logistic")
    files = {"model.pkl": hashlib.sha256((path.parent / "model.pkl").read_bytes()).hexdigest()}
    (path.parent / "manifest.json").write_text(json.dumps({"files": files}))
    assert load_model_of(path)

    joblib.dump(SAMPLE_MODELS["logistic"]().model, path.parent / "model.pkl", compress=1)

    assert re.search("SHA-256 mismatch: the file has [0-9a-f]{64}, manifest.json has [0-9a-f]{64}", rejection_of(path))


def test_missing_file_of_the_manifest_is_rejected(folder: WriteFolder) -> None:
    path = folder("logistic")
    (path.parent / "manifest.json").write_text(json.dumps({"files": {"schema.json": "0" * 64}}))

    assert rejection_of(path) == f"model_path: {path.parent / 'schema.json'}: not found"
