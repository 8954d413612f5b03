"""A published and compiled model is loaded; any other is rejected in one line."""

from pathlib import Path

import pytest

from conftest import write_folder, write_published
from ml_census.batch.batch_model import load
from ml_census.batch.errors import BatchError
from ml_census.errors import ArtifactError


def test_published_model_has_its_texts_and_version(tmp_path: Path) -> None:
    write_published(tmp_path, "dataframe")

    model = load(str(tmp_path))

    assert model.classes == ["Annual Salary <50K", "Annual Salary >50K"]
    assert (len(model.version), len(model.sha256)) == (12, 64)


@pytest.mark.parametrize("kind", ["clusters", "documents"])
def test_model_without_compiled_form_is_rejected(tmp_path: Path, kind: str) -> None:
    write_published(tmp_path, kind)

    with pytest.raises(BatchError, match="write one with ml-census publish"):
        load(str(tmp_path))


def test_bare_pickle_is_rejected(tmp_path: Path) -> None:
    write_folder(tmp_path, "logistic")

    with pytest.raises(BatchError, match="write one with ml-census publish"):
        load(str(tmp_path / "model.pkl"))


def test_missing_model_is_rejected(tmp_path: Path) -> None:
    with pytest.raises((ArtifactError, BatchError)):
        load(str(tmp_path / "nowhere"))


def test_only_the_model_of_the_hash_is_loaded(tmp_path: Path) -> None:
    write_published(tmp_path, "dataframe")
    sha256 = load(str(tmp_path)).sha256

    assert load(str(tmp_path), sha256).sha256 == sha256
    with pytest.raises(ArtifactError, match="SHA-256 mismatch"):
        load(str(tmp_path), 64 * "0")


def test_damaged_model_is_rejected(tmp_path: Path) -> None:
    write_published(tmp_path, "dataframe")
    (tmp_path / "compiled.npz").write_bytes(b"?")

    with pytest.raises(ArtifactError, match="SHA-256 mismatch"):
        load(str(tmp_path))
