"""Publication from a Python program: the folder is that of `ml-census publish --data`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

import ml_census
from ml_census.errors import ArtifactError

pytestmark = pytest.mark.slow  # publishes models

FRAME = pd.DataFrame({"x": np.arange(40.0), "town": ["Bern", "Oslo"] * 20})
TARGET = pd.Series(np.where(FRAME["x"] > 19, "late", "early"), name="arrival")
MODEL = LogisticRegression().fit(FRAME[["x"]], TARGET)


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


def test_published_model_has_metrics_report_and_ranges(tmp_path: Path) -> None:
    engine = ml_census.publish(MODEL, str(tmp_path), FRAME, TARGET, name="Trains", groups=["town"])

    manifest = read(tmp_path, "manifest.json")
    assert engine.kind == "compiled"
    assert (manifest["name"], manifest["metrics"]["accuracy"]) == ("Trains", MODEL.score(FRAME[["x"]], TARGET))
    assert read(tmp_path, "schema.json")["columns"][0]["training"]["maximum"] == 39
    assert "Oslo" in (tmp_path / "report.html").read_text()


def test_index_of_a_frame_is_ignored(tmp_path: Path) -> None:
    shuffled = FRAME.sample(frac=1, random_state=0)

    ml_census.publish(MODEL, str(tmp_path), shuffled, TARGET[shuffled.index])

    assert read(tmp_path, "manifest.json")["metrics"]["accuracy"] == MODEL.score(FRAME[["x"]], TARGET)


def test_figures_are_those_of_the_test_rows(tmp_path: Path) -> None:
    numbers = FRAME[["x"]].to_numpy()
    model = Ridge().fit(numbers, numbers[:, 0])

    ml_census.publish(model, str(tmp_path), numbers, numbers[:, 0], X_test=numbers[:9] + 1, y_test=numbers[:9, 0])

    manifest = read(tmp_path, "manifest.json")
    assert manifest["data"]["test_rows"] == 9
    assert manifest["metrics"]["mae"] == pytest.approx(abs(model.predict(numbers[:9] + 1) - numbers[:9, 0]).mean())


def test_list_of_texts_is_one_column(tmp_path: Path) -> None:
    texts = ["late again", "thank you"] * 5
    model = make_pipeline(CountVectorizer(), MultinomialNB()).fit(texts, [1, 0] * 5)

    ml_census.publish(model, str(tmp_path), texts, [1, 0] * 5, decoding={0: "praise", 1: "complaint"})

    assert read(tmp_path, "schema.json")["columns"][0]["training"]["typical"] == "late again"
    assert read(tmp_path, "golden.json")["predictions"] == ["praise"] * 5 + ["complaint"] * 5


def test_model_without_data_has_no_golden_rows(tmp_path: Path) -> None:
    ml_census.publish(MODEL, str(tmp_path))

    assert {path.name for path in tmp_path.iterdir()} == {"compiled.npz", "manifest.json", "model.pkl", "schema.json"}


def test_same_data_have_the_same_fingerprint(tmp_path: Path) -> None:
    for name, target in (("a", TARGET), ("b", TARGET), ("c", TARGET[::-1])):
        ml_census.publish(MODEL, str(tmp_path / name), FRAME, target)

    first, second, other = (read(tmp_path / name, "manifest.json")["data"]["fingerprint"] for name in "abc")
    assert first == second != other


def test_invalid_value_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="X: DataFrame: row 3: column x is 'far', expected a number"):
        ml_census.publish(MODEL, str(tmp_path), FRAME.astype(object).replace({"x": {2.0: "far"}}), TARGET)


@pytest.mark.parametrize("target", [None, [1, 2]])
def test_target_of_another_length_is_rejected(tmp_path: Path, target: Any) -> None:
    with pytest.raises(ValueError, match="X has 40 rows, and y has"):
        ml_census.publish(MODEL, str(tmp_path), FRAME, target)
