"""`ml-census publish --data` completes a model with what its data tell, and names what does not fit."""

import hashlib
import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from ml_census.cli.main import main
from ml_census.config import Config
from ml_census.models.model import ServedModel
from ml_census.training import publishing
from support.load_artifacts import load_model

pytestmark = pytest.mark.slow  # publishes models

RANDOM = np.random.default_rng(0)
ROWS = 120


def publish(folder: Path, model: Any, frame: pd.DataFrame, *options: str, suffix: str = "csv") -> Result:
    joblib.dump(model, folder / "model.pkl")
    data = folder / f"train.{suffix}"
    frame.to_csv(data, index=False) if suffix == "csv" else frame.to_parquet(data)
    words = ["--model", str(folder / "model.pkl"), "--output", str(folder / "out"), "--data", str(data)]
    return CliRunner().invoke(main, ["publish", *words, "--target", "y", *options])


def load(folder: Path, result: Result) -> ServedModel:
    assert result.exit_code == 0, result.output
    return load_model(Config(str(folder / "out" / "model.pkl"), "", ""))


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / "out" / name).read_text())


def training(folder: Path) -> dict[str, Any]:
    return {str(column["name"]): column.get("training") for column in read(folder, "schema.json")["columns"]}


def mixed() -> tuple[Any, pd.DataFrame]:
    """Return a model of two classes, and its data: numbers with missing values, categories, booleans and dates."""
    frame = pd.DataFrame(
        {
            "age": RANDOM.integers(18, 80, ROWS).astype(float),
            "plan": RANDOM.choice(["basic", "pro"], ROWS),
            "paid": RANDOM.random(ROWS) < 0.5,
            "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), "D"),
        }
    )
    frame.loc[::5, "age"] = np.nan
    target = np.where(frame["age"].fillna(50) + 20 * frame["paid"] > 60, "stay", "leave")
    steps = make_column_transformer((OneHotEncoder(), ["plan"]), ("passthrough", ["age", "paid"]))
    model = make_pipeline(steps, HistGradientBoostingClassifier(max_iter=5)).fit(frame, target)
    return model, frame.assign(y=target)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_mixed_columns_have_their_distributions(tmp_path: Path, suffix: str) -> None:
    model, frame = mixed()

    served = load(tmp_path, publish(tmp_path, model, frame, suffix=suffix))

    ages = frame["age"].dropna().sort_values().tolist()
    distribution = training(tmp_path)
    assert served.engine.kind == "compiled"
    assert [distribution["age"][key] for key in ("minimum", "maximum")] == [ages[0], ages[-1]]
    assert distribution["age"]["typical"] == ages[(len(ages) + 1) // 2 - 1]
    assert distribution["age"]["frequencies"][-1] == 0.2
    assert distribution["paid"]["typical"] is bool(frame["paid"].mean() > 0.5)
    assert distribution["plan"]["frequencies"][0] == pytest.approx((frame["plan"] == "basic").mean(), abs=1e-6)
    assert {column.name for column in served.predictor.schema.columns if column.nullable and not column.dropped} == {
        "age"
    }


def test_golden_rows_have_the_predictions_of_both_classes(tmp_path: Path) -> None:
    model, frame = mixed()

    publish(tmp_path, model, frame)

    golden = read(tmp_path, "golden.json")
    rows = pd.DataFrame(golden["rows"], columns=["age", "plan", "paid", "since"])
    assert golden["predictions"] == model.predict(rows.astype({"age": float})).tolist()
    assert (len(golden["rows"]), sorted(set(golden["predictions"]))) == (20, ["leave", "stay"])


def test_model_without_column_names_takes_columns_by_position(tmp_path: Path) -> None:
    numbers = RANDOM.normal(size=(ROWS, 3))
    target = numbers[:, :3].argmax(axis=1)
    model = RandomForestClassifier(5, random_state=0).fit(numbers, target)

    served = load(tmp_path, publish(tmp_path, model, pd.DataFrame(numbers, columns=list("abc")).assign(y=target)))

    assert [column.name for column in served.predictor.schema.columns] == [0, 1, 2]
    assert served.report
    assert training(tmp_path)["2"]["maximum"] == numbers[:, 2].max()
    assert set(read(tmp_path, "golden.json")["predictions"]) == {0, 1, 2}


def test_golden_rows_of_a_regressor_span_the_target(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": RANDOM.permutation(ROWS).astype(float)})
    model = HistGradientBoostingRegressor(max_iter=5).fit(frame, 3 * frame["x"])

    load(tmp_path, publish(tmp_path, model, frame.assign(y=3 * frame["x"])))

    values = [row[0] for row in read(tmp_path, "golden.json")["rows"]]
    assert (values[0], values[-1], len(values)) == (0, ROWS - 1, 20)
    assert values == sorted(values)


def test_texts_have_the_distribution_of_their_length(tmp_path: Path) -> None:
    texts = [f"{word} " * count for word in ("good", "poor") for count in range(1, 21)]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [0] * 20 + [1] * 20)

    served = load(tmp_path, publish(tmp_path, model, pd.DataFrame({"ticket": texts, "y": [0] * 20 + [1] * 20})))

    distribution = training(tmp_path)["text"]
    assert (distribution["minimum"], distribution["maximum"]) == (len("good "), 20 * len("good "))
    assert "typical" not in distribution, "each text occurs once"
    assert served.predictor.schema.form == "documents"
    assert served.report


def test_model_of_200_columns_has_all_distributions(tmp_path: Path) -> None:
    frame = pd.DataFrame(RANDOM.normal(size=(ROWS, 200)), columns=[f"x{index}" for index in range(200)])
    model = Ridge().fit(frame, frame["x0"])

    assert load(tmp_path, publish(tmp_path, model, frame.assign(y=frame["x0"]))).report

    assert {name: each["maximum"] for name, each in training(tmp_path).items()} == frame.max().to_dict()


def test_manifest_describes_model_and_data(tmp_path: Path) -> None:
    model, frame = mixed()

    result = publish(tmp_path, model, frame, "--name", "Churn", "--description", "Customers who leave")

    manifest = read(tmp_path, "manifest.json")
    assert (manifest["name"], manifest["description"]) == ("Churn", "Customers who leave")
    assert {"schema.json", "golden.json", "report.html"} < manifest["files"].keys()
    assert manifest["data"] == {
        "source": "train.csv",
        "synthetic": False,
        "fingerprint": hashlib.sha256((tmp_path / "train.csv").read_bytes()).hexdigest(),
        "train_rows": ROWS,
        "test_rows": 0,
        "evaluated_rows": ROWS,
        "on_training_rows": True,
    }
    assert "the figures are optimistic" in result.output


def test_metrics_of_a_classifier_are_those_of_scikit_learn(tmp_path: Path) -> None:
    model, frame = mixed()
    publish(tmp_path, model, frame)

    columns = frame.drop(columns="y")
    metrics, stays = read(tmp_path, "manifest.json")["metrics"], frame["y"] == "stay"
    assert metrics["accuracy"] == pytest.approx(model.score(columns, frame["y"]))
    assert metrics["roc_auc"] == pytest.approx(roc_auc_score(stays, model.predict_proba(columns)[:, 1]))


def test_metrics_of_a_regressor_are_those_of_the_test_rows(tmp_path: Path) -> None:
    train, test = (pd.DataFrame({"x": RANDOM.normal(size=ROWS)}) for _ in range(2))
    model = Ridge().fit(train, train["x"] ** 2)
    test.assign(y=test["x"] ** 2).to_csv(tmp_path / "test.csv", index=False)

    publish(tmp_path, model, train.assign(y=train["x"] ** 2), "--test", str(tmp_path / "test.csv"))

    assert read(tmp_path, "manifest.json")["metrics"]["r2"] == pytest.approx(model.score(test, test["x"] ** 2))


def test_report_has_the_name_and_the_groups(tmp_path: Path) -> None:
    model, frame = mixed()

    served = load(
        tmp_path, publish(tmp_path, model, frame.assign(region="north"), "--group", "region", "--name", "Churn")
    )

    assert served.report
    text = served.report.decode()
    assert "<h1>Churn</h1>" in text and "north" in text and served.version in text
    assert "These figures are too optimistic." in text


def test_test_data_are_in_the_fingerprint(tmp_path: Path) -> None:
    model, frame = mixed()
    frame[:50].to_csv(tmp_path / "test.csv", index=False)

    result = publish(tmp_path, model, frame, "--test", str(tmp_path / "test.csv"))

    data = read(tmp_path, "manifest.json")["data"]
    hashes = [hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("train.csv", "test.csv")]
    assert data["fingerprint"] == hashlib.sha256("".join(hashes).encode()).hexdigest()
    assert (data["test_rows"], data["on_training_rows"]) == (50, False)
    assert "optimistic" not in result.output


def test_many_rows_are_sampled_for_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MAX_EVALUATED_ROWS", 30)
    model, frame = mixed()

    result = publish(tmp_path, model, frame)

    assert "the figures are from 30 of 120 rows, sampled at random" in result.output
    assert read(tmp_path, "manifest.json")["data"]["evaluated_rows"] == 30


def test_rows_without_target_are_left_out(tmp_path: Path) -> None:
    model, frame = mixed()
    frame.loc[:9, "y"] = None

    result = publish(tmp_path, model, frame)

    assert result.output.count("10 rows have no value in y and are left out") == 1
    assert read(tmp_path, "manifest.json")["data"]["train_rows"] == ROWS - 10


def test_constant_and_empty_columns_are_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [0.0, 1.0] * 10, "same": [5.0] * 20, "none": [np.nan] * 20})
    model = HistGradientBoostingClassifier(max_iter=2).fit(frame.assign(none=frame["x"]), [0, 1] * 10)

    result = publish(tmp_path, model, frame.assign(y=[0, 1] * 10))

    assert result.exit_code == 0, result.output
    assert "column same is constant" in result.output
    assert "column none has only missing or unknown values" in result.output


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"y": "stay"}, "all rows have the class stay in y, expected two classes or more"),
        ({"y": "unknown"}, "line 2: y is 'unknown', expected a class of the model: leave, stay"),
        ({"y": None}, "no row has a value in the target column y"),
        ({"plan": "gold"}, "line 2: column plan is 'gold', expected one of basic, pro; 120 rows have this value"),
        ({"age": "old"}, "line 2: column age is 'old', expected a number"),
        ({"plan": None}, "line 2: column plan is missing, expected a value"),
    ],
)
def test_data_that_do_not_fit_are_rejected(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    model, frame = mixed()

    result = publish(tmp_path, model, frame.assign(**change))

    assert result.exit_code == 1
    assert f"ml-census: --data: {tmp_path}/train.csv: {reason}" in result.output
    assert not (tmp_path / "out").exists()


def test_model_with_several_outputs_is_rejected(tmp_path: Path) -> None:
    model = Ridge().fit([[0.0], [1.0]], [[0.0, 1.0], [1.0, 0.0]])

    result = publish(tmp_path, model, pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]}))

    assert "the model has several outputs" in result.output


def test_model_of_clusters_is_rejected(tmp_path: Path) -> None:
    model = KMeans(2, random_state=0).fit([[0.0], [1.0]])

    result = publish(tmp_path, model, pd.DataFrame({"x": [0.0, 1.0], "y": [0, 1]}))

    assert "the model finds clusters or outliers" in result.output


def test_row_that_the_model_rejects_is_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"plan": ["a", "b"] * 10, "y": [0, 1] * 10})
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(frame[["plan"]], frame["y"])
    (tmp_path / "schema.json").write_text('{"form": "frame", "columns": [{"name": "plan", "type": "text"}]}')
    frame.loc[13, "plan"] = "c"

    result = publish(tmp_path, model, frame, "--schema", str(tmp_path / "schema.json"))

    assert f"--data: {tmp_path}/train.csv: line 15: " in result.output
    assert "Found unknown categories" in result.output


@pytest.mark.parametrize("options", [["--data", "x.csv"], ["--target", "y"], ["--group", "a"]])
def test_options_that_need_another_are_a_usage_error(options: list[str]) -> None:
    result = CliRunner().invoke(main, ["publish", "--model", "m.pkl", "--output", "out", *options])

    assert result.exit_code == 2
    assert "--data" in result.output
