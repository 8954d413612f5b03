"""Training: a recipe is published with its metrics, and a server loads it."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import yaml

from conftest import KEY
from ml_census import config
from ml_census.training.census import synthetic
from ml_census.training.census.adult import COLUMNS, NUMBERS
from ml_census.training.census.pipelines import RECIPES
from ml_census.training.census.train import train
from support.load_artifacts import load_artifacts

pytestmark = pytest.mark.slow  # trains and publishes


@pytest.fixture(scope="module", params=RECIPES)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish a recipe that is trained on a tenth of the demo's rows, and return the folder."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic, "TRAIN_ROWS", 800)
        patch.setattr(synthetic, "TEST_ROWS", 400)
        train(request.param, "demo", str(folder / "model"))
    return folder


def test_recipe_on_the_demo_reaches_its_roc_auc(trained: Path) -> None:
    manifest = json.loads((trained / "model" / "manifest.json").read_text())

    assert manifest["metrics"]["roc_auc"] > 0.8, "with 800 rows; with 8,000 it is above 0.85"


def test_published_files_are_complete_and_listed(trained: Path) -> None:
    manifest = json.loads((trained / "model" / "manifest.json").read_text())

    assert manifest["data"]["synthetic"]
    assert manifest["recipe"] in RECIPES
    assert manifest["name"] == "Income of a person"
    assert manifest["files"] == {
        name: hashlib.sha256((trained / "model" / name).read_bytes()).hexdigest()
        for name in (
            "model.pkl",
            "compiled.npz",
            "prediction_decoding.json",
            "schema.json",
            "golden.json",
            "report.html",
        )
    }
    golden = json.loads((trained / "model" / "golden.json").read_text())
    assert len(golden["rows"]) == 20
    assert set(golden["predictions"]) == {"Annual Salary <50K", "Annual Salary >50K"}


def test_published_recipe_serves_the_census_columns(trained: Path) -> None:
    loaded = load_artifacts(config.load(served(trained)))

    assert {column.name: column.type == "number" for column in loaded.predictor.schema.columns} == {
        name: name in NUMBERS for name in COLUMNS
    }


@pytest.mark.adult
def test_boosted_reaches_its_figures_on_uci_adult(tmp_path: Path) -> None:
    train("boosted", os.environ["ADULT_DATA"], str(tmp_path))

    metrics = json.loads((tmp_path / "manifest.json").read_text())["metrics"]
    assert metrics["accuracy"] >= 0.872
    assert metrics["roc_auc"] >= 0.927


def served(folder: Path) -> str:
    """Write the configuration of a server of the model, and return its path."""
    (folder / "users.json").write_text('{"census": "census"}')
    (folder / "secret.txt").write_text(KEY)
    values = {
        "model_path": str(folder / "model" / "model.pkl"),
        "prediction_decoding": str(folder / "model" / "prediction_decoding.json"),
        "users": str(folder / "users.json"),
        "secret": str(folder / "secret.txt"),
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(values))
    return str(folder / "config.yaml")
