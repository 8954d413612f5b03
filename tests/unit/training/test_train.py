"""Training: data is read or refused by line, recipes fit, and what is published can be served."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import yaml

from conftest import KEY
from ml_census import config, training
from ml_census.training import datasets
from ml_census.training import synthetic as synthetic_module
from ml_census.training.adult import CATEGORIES, COLUMNS, NUMBERS
from ml_census.training.pipelines import RECIPES
from ml_census.training.train import score_test_set
from support.load_artifacts import load_artifacts

LINE = "39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2, 0, 40, ?, {}\n"


@pytest.fixture(scope="module")
def synthetic() -> datasets.Dataset:
    return datasets.load("demo")


def write(folder: Path, text: str) -> str:
    (folder / "adult.data").write_text(text)
    (folder / "adult.test").write_text("|1x3 Cross validator\n" + LINE.format("<=50K.") + LINE.format(">50K.") + "\n")
    return str(folder)


def test_the_uci_files_are_read_without_their_quirks(tmp_path: Path) -> None:
    census = datasets.load(write(tmp_path, LINE.format("<=50K") + LINE.format(">50K") * 2 + "\n"))

    assert list(census.train.columns) == list(COLUMNS)
    assert census.train.iloc[0].tolist()[:4] == [39, "State-gov", 77516, "Bachelors"]
    assert census.train["native-country"].tolist() == ["?"] * 3
    assert census.train_labels.tolist() == [0, 1, 1]
    assert census.test_labels.tolist() == [0, 1]
    assert not census.synthetic


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("39, Private\n", "line 1: 2 values, expected 15"),
        (LINE.format("<=50K") + LINE.format("maybe"), "line 2: the label is 'maybe'"),
        (LINE.format("<=50K").replace("77516", "many"), "line 1: fnlwgt is 'many', expected a number"),
        ("", "no rows with both incomes"),
        (LINE.format("<=50K"), "no rows with both incomes"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(datasets.DataError) as raised:
        datasets.load(write(tmp_path, text))

    assert str(raised.value).startswith(f"{tmp_path}/adult.data: ")
    assert reason in str(raised.value)


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(datasets.DataError, match=r"adult\.data: not found"):
        datasets.load(str(tmp_path))


def test_the_demo_is_the_same_each_time_and_says_that_it_is_synthetic(synthetic: datasets.Dataset) -> None:
    assert synthetic.fingerprint == datasets.load("demo").fingerprint
    assert synthetic.synthetic
    assert "synthetic" in synthetic.source


def test_the_demo_has_every_category_and_sensible_rows(synthetic: datasets.Dataset) -> None:
    rows = synthetic.train

    assert {name: rows[name].nunique() for name in CATEGORIES} == {
        "workclass": 9,
        "education": 16,
        "marital-status": 7,
        "occupation": 15,
        "relationship": 6,
        "race": 5,
        "sex": 2,
        "native-country": 42,
    }
    assert rows["age"].between(17, 90).all()
    assert (rows["relationship"] == "Husband").sum() == (
        rows["marital-status"].isin(synthetic_module.MARRIED) & (rows["sex"] == "Male")
    ).sum()
    assert rows.groupby("education")["education-num"].nunique().eq(1).all()
    assert 0.2 < synthetic.train_labels.mean() < 0.3
    assert all(rows[name].dtype == "int64" for name in NUMBERS)


@pytest.fixture(scope="module", params=RECIPES)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a recipe publishes for a tenth of the demo's rows."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic_module, "TRAIN_ROWS", 800)
        patch.setattr(synthetic_module, "TEST_ROWS", 400)
        training.train(request.param, "demo", str(folder / "model"))
    return folder


@pytest.mark.slow
def test_recipe_on_the_demo_reaches_its_roc_auc(trained: Path) -> None:
    manifest = json.loads((trained / "model" / "manifest.json").read_text())

    assert manifest["metrics"]["roc_auc"] > 0.8, "with 800 rows; with 8,000 it is above 0.85"


@pytest.mark.slow
def test_published_files_are_complete_and_listed(trained: Path) -> None:
    manifest = json.loads((trained / "model" / "manifest.json").read_text())

    assert manifest["data"]["synthetic"]
    assert manifest["recipe"] in RECIPES
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


@pytest.mark.slow
def test_published_recipe_serves_the_census_columns(trained: Path) -> None:
    loaded = load_artifacts(config.load(served(trained)))

    assert {column.name: column.type == "number" for column in loaded.predictor.schema.columns} == {
        name: name in NUMBERS for name in COLUMNS
    }


def served(folder: Path) -> str:
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


@pytest.mark.adult
def test_boosted_reaches_its_figures_on_uci_adult() -> None:
    """At least 0.872 accuracy and 0.927 ROC AUC on adult.test."""
    census, chosen = datasets.load(os.environ["ADULT_DATA"]), RECIPES["boosted"]

    metrics = score_test_set(chosen, chosen.fit(census.train, census.train_labels), census)

    assert metrics.accuracy >= 0.872
    assert metrics.roc_auc >= 0.927
