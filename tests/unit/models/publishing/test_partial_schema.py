"""A --schema file without "form" changes some columns of the schema that the model states."""

import json
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from ml_census.cli.main import main
from ml_census.config import Config
from ml_census.errors import ArtifactError
from support.load_artifacts import load_model

FRAME = pd.DataFrame({"city": ["Rome", "Oslo", "Rome", "Oslo"], "age": [20.0, 30.0, 40.0, 50.0]})
MODEL = make_pipeline(
    make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["city"]), remainder="passthrough"),
    DecisionTreeClassifier(random_state=0),
).fit(FRAME, [0, 0, 1, 1])


def publish(folder: Path, *options: str) -> Result:
    joblib.dump(MODEL, folder / "model.pkl")
    words = ["--model", str(folder / "model.pkl"), "--output", str(folder / "out"), *options]
    return CliRunner().invoke(main, ["publish", *words])


def publish_with(folder: Path, *columns: Any) -> Result:
    (folder / "some.json").write_text(json.dumps({"columns": columns}))
    return publish(folder, "--schema", str(folder / "some.json"))


def published(folder: Path) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in json.loads((folder / "out/schema.json").read_text())["columns"]}


def test_file_changes_only_the_columns_that_it_lists(tmp_path: Path) -> None:
    assert publish(tmp_path).exit_code == 0
    learnt = published(tmp_path)

    done = publish_with(tmp_path, {"name": "city", "reject_unknown": True})

    assert done.exit_code == 0, done.output
    assert published(tmp_path) == {**learnt, "city": {**learnt["city"], "reject_unknown": True}}
    assert learnt["city"]["categories"] == ["Oslo", "Rome"]


def test_another_type_drops_the_categories(tmp_path: Path) -> None:
    done = publish_with(tmp_path, {"name": "city", "type": "text"})

    assert done.exit_code == 0, done.output
    assert "categories" not in published(tmp_path)["city"]


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ({"name": "town"}, "the model has no column town; known are city, age"),
        ({"name": "age", "nulable": True}, "column age: unknown key nulable; known are name, type"),
        ({"nullable": True}, 'each of "columns" must be an object with "name"'),
        ({"name": "age", "type": "numeric"}, "form must be one of"),
    ],
)
def test_invalid_change_is_rejected_by_name(tmp_path: Path, column: dict[str, Any], says: str) -> None:
    done = publish_with(tmp_path, column)

    assert done.exit_code == 1
    assert f"--schema: {tmp_path}/some.json: {says}" in done.output


def test_schema_edited_in_place_is_rejected_with_a_remedy(tmp_path: Path) -> None:
    assert publish(tmp_path).exit_code == 0
    with (tmp_path / "out/schema.json").open("a") as file:
        file.write("\n")

    uri = str(tmp_path / "out/model.pkl")
    with pytest.raises(ArtifactError, match="; publish the model again with --schema and the edited file$"):
        load_model(Config(uri, "", ""))
