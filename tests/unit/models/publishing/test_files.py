"""A published model can be served; an error of `publish` is one line with option, file and reason."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from conftest import WriteFolder
from ml_census.cli.main import main
from ml_census.config import Config
from ml_census.errors import ArtifactError
from ml_census.models.model import ServedModel
from support.load_artifacts import load_artifacts, load_model
from support.sample_models import LABELS, SAMPLE_MODELS, SampleModel


def load(uri: str) -> ServedModel:
    return load_model(Config(uri, "", ""))


def publish(folder: Path, fitted: Any, **options: str) -> Result:
    """Run `ml-census publish` in this process; options are names of files in the folder."""
    joblib.dump(fitted, folder / "model.pkl")
    named = {"model": "model.pkl", "output": "out"} | options
    words = [word for option, name in named.items() for word in (f"--{option}", str(folder / name))]
    return CliRunner().invoke(main, ["publish", *words])


@pytest.mark.parametrize("name", SAMPLE_MODELS)
def test_published_model_loads_and_predicts_the_same(
    sample_model: Callable[[str], SampleModel], tmp_path: Path, name: str
) -> None:
    sample = sample_model(name)
    (tmp_path / "golden.json").write_text(json.dumps({"inputs": sample.rows[:5]}))

    result = publish(tmp_path, sample.model, golden="golden.json")

    assert result.exit_code == 0, result.output
    model = load(str(tmp_path / "out/model.pkl"))
    assert model.engine.kind == ("sklearn" if name in ("clusters", "documents") else "compiled")
    assert model.predictor.predict(model.predictor.schema.validate_rows(sample.rows).columns) == sample.answers


NOT_A_SCHEMA = '{"form": "frame", "columns": []}'
BAD: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "no model": ({"model": "none.pkl"}, {}, "--model: {}/none.pkl: not found"),
    "a folder as a model": ({"model": "."}, {}, "--model: {}: is a folder, not a file"),
    "text as a model": ({"model": "a"}, {"a": "text"}, "--model: {}/a: not a pickle, or a damaged one: "),
    "a list as a model": ({"model": "list.pkl"}, {}, "--model: {}/list.pkl: a list has no predict"),
    "a model never fitted": ({"model": "new.pkl"}, {}, "--model: {}/new.pkl: "),
    "a model never fitted, with a schema": (
        {"model": "new.pkl", "schema": "s"},
        {"s": '{"form": "numbers", "columns": [{"name": "a", "type": "number"}]}'},
        "--model: {}/new.pkl: ",
    ),
    "a schema of other columns": (
        {"schema": "s"},
        {"s": '{"form": "numbers", "columns": [{"name": "a", "type": "number"}]}'},
        "--schema: {}/s: ",
    ),
    "no schema": ({"schema": "none.json"}, {}, "--schema: {}/none.json: not found"),
    "half a schema": ({"schema": "s"}, {"s": "{"}, "--schema: {}/s: not JSON"),
    "a schema of nothing": ({"schema": "s"}, {"s": NOT_A_SCHEMA}, "--schema: {}/s: needs at least one column"),
    "a schema that is a list": ({"schema": "s"}, {"s": "[]"}, '--schema: {}/s: must hold "form" and "columns"'),
    "a schema of numbers": ({"schema": "s"}, {"s": '{"form": "text", "columns": [1]}'}, "--schema: {}/s: must hold"),
    "no decoding": ({"decoding": "none.json"}, {}, "--decoding: {}/none.json: not found"),
    "a decoding that is a list": ({"decoding": "d"}, {"d": "[1]"}, "--decoding: {}/d: must be a JSON object"),
    "a class that is not decoded": ({"decoding": "d"}, {"d": '{"0": "poor"}'}, "--decoding: {}/d: .*missing"),
    "a golden class that is not decoded": (
        {"decoding": "d", "golden": "g"}, {"d": '{"2": "poor"}', "g": '{"inputs": [[80, 16]]}'}, "--decoding: {}/d: ",
    ),
    "no golden rows": ({"golden": "none.json"}, {}, "--golden: {}/none.json: not found"),
    "golden rows without a key": ({"golden": "g"}, {"g": "[[1, 2]]"}, "--golden: {}/g: must be a JSON object"),
    "golden rows by another key": ({"golden": "g"}, {"g": '{"rows": [[1, 2]]}'}, "--golden: {}/g: .*inputs"),
    "golden rows that are a number": ({"golden": "g"}, {"g": '{"inputs": 7}'}, "--golden: {}/g: inputs must be a list"),
    "a short golden row": ({"golden": "g"}, {"g": '{"inputs": [[1]]}'}, "--golden: {}/g: 1 value or row does not fit"),
    "a golden row of text": ({"golden": "g"}, {"g": '{"inputs": [["x", 2]]}'}, "--golden: {}/g: 1 value or row does"),
    "an output below a file": ({"output": "a/out"}, {"a": ""}, "{}/a/out: "),
    "an output that is a file": ({"output": "a"}, {"a": ""}, "{}/a: "),
    "an output that is read-only": ({"output": "/proc/none"}, {}, "/proc/none: "),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_rejected_file_is_named_in_one_line(
    tmp_path: Path, sample_model: Callable[[str], SampleModel], name: str
) -> None:
    """A manifest is not written, so that no server starts with the files."""
    options, files, message = BAD[name]
    joblib.dump([1], tmp_path / "list.pkl")
    joblib.dump(LogisticRegression(), tmp_path / "new.pkl")
    for file, text in files.items():
        (tmp_path / file).write_text(text)

    result = publish(tmp_path, sample_model("logistic").model, **options)

    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    first, line = result.output.splitlines()
    assert first == "compiling and verifying …"
    assert re.match("ml-census: " + message.replace("{}", re.escape(str(tmp_path))), line), line
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_category_missing_in_all_rows_is_published(tmp_path: Path) -> None:
    """JSON has no NaN, so the column has no category in schema.json."""
    frame = pd.DataFrame({"a": [np.nan] * 200, "b": [str(index % 3) for index in range(200)]}).astype({"a": object})
    model = make_pipeline(OneHotEncoder(), DecisionTreeClassifier()).fit(frame, LABELS)

    result = publish(tmp_path, model)

    assert result.exit_code == 0, result.output
    uri = str(tmp_path / "out/model.pkl")
    predictor = load(uri).predictor
    assert predictor.predict(predictor.schema.validate_rows([[None, "1"]]).columns) in ([0], [1])


@pytest.mark.parametrize(
    "values", [pd.to_datetime(["2020-01-01", "2021-01-01"]), pd.interval_range(0, 2), [b"a", b"b"]],
    ids=["dates", "intervals", "bytes"],
)  # fmt: skip
def test_categories_beyond_json_cause_no_traceback(tmp_path: Path, values: Any) -> None:
    frame = pd.DataFrame({"a": pd.Series([values[index % 2] for index in range(200)], dtype=object)})
    model = make_pipeline(OneHotEncoder(), DecisionTreeClassifier()).fit(frame, LABELS)

    result = publish(tmp_path, model)

    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)


@pytest.mark.parametrize(
    "change",
    [
        {"files": []}, {"files": {"model.pkl": 7}}, {"files": None}, {"engine": "fast"}, {"engine": None},
        {"engine": ["compiled"]}, {"scikit-learn": None},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_damaged_manifest_is_rejected_or_serves_compiled(
    tmp_path: Path, sample_model: Callable[[str], SampleModel], folder: WriteFolder, change: dict[str, Any]
) -> None:
    publish(tmp_path, sample_model("logistic").model)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    (tmp_path / "out/manifest.json").write_text(json.dumps(manifest | change))
    folder("logistic")
    config = Config(str(tmp_path / "out/model.pkl"), str(tmp_path / "users.json"), str(tmp_path / "secret.txt"))

    try:
        loaded = load_artifacts(config)
    except ArtifactError:
        return
    assert loaded.model.engine.kind == "compiled"
