"""The files of a model that the command line names."""

import json
from pathlib import Path

import pytest

from conftest import WriteFolder
from ml_census.errors import ArtifactError
from ml_census.models.location import find_model, local_config


def test_file_is_the_model_itself(tmp_path: Path) -> None:
    assert find_model(str(tmp_path / "mine.pkl")) == str(tmp_path / "mine.pkl")


@pytest.mark.parametrize("slash", ["", "/"])
def test_folder_contains_the_model(tmp_path: Path, slash: str) -> None:
    assert find_model(f"{tmp_path}{slash}") == f"{tmp_path}/model.pkl"


def test_published_folder_has_texts_for_the_classes(published_folder: WriteFolder) -> None:
    folder = published_folder("article").parent

    config = local_config(str(folder))

    assert (config.model_path, config.prediction_decoding) == (
        f"{folder}/model.pkl",
        f"{folder}/prediction_decoding.json",
    )


def test_file_that_the_manifest_omits_is_not_used(tmp_path: Path) -> None:
    """A file of the same name may belong to another model."""
    (tmp_path / "prediction_decoding.json").write_text(json.dumps({"0": "no"}))

    assert local_config(str(tmp_path)).prediction_decoding is None


def test_configuration_has_neither_users_nor_keys() -> None:
    config = local_config("model.pkl", ("mylib.Half",))

    assert (config.users, config.secret, config.unauthenticated_protocols) == ("", "", ())
    assert config.trusted_globals == ("mylib.Half",)


def test_global_that_runs_any_code_is_not_trusted() -> None:
    with pytest.raises(ArtifactError, match="--trusted-global: os.system: .* can execute any code"):
        local_config("model.pkl", ("os.system",))
