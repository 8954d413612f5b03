"""`ml-census check`: text and JSON, and the exit code."""

import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from ml_census.cli.main import main


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Write a model of a category and a number."""
    frame = pd.DataFrame({"plan": ["basic", "büro"] * 10, "months": np.arange(20.0)})
    encoder = make_column_transformer((OneHotEncoder(), ["plan"]), remainder="passthrough")
    joblib.dump(make_pipeline(encoder, LogisticRegression(max_iter=1000)).fit(frame, [0, 1] * 10), tmp_path / "m.pkl")
    return tmp_path / "m.pkl"


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_text_has_a_line_for_each_fact(plan: Path) -> None:
    result = check(plan)

    lines = dict(line.split(maxsplit=1) for line in result.output.splitlines())
    assert result.exit_code == 0
    assert lines["estimator"] == "Pipeline of ColumnTransformer, LogisticRegression"
    assert (lines["plan:"], lines["months:"]) == ("category, 2 categories", "number")
    assert lines["row"] == '{"plan": "basic", "months": 0}'
    assert lines["result"] == f"can be served: ml-census serve --model {plan}"


def test_json_has_the_same_facts(plan: Path) -> None:
    result = check(plan, "--json")

    document = json.loads(result.output)
    assert result.exit_code == 0
    assert (document["is_servable"], document["row"]) == (True, {"plan": "basic", "months": 0})


def test_model_that_cannot_be_served_has_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(b"cmylib\nHalf\n.")

    result = check(tmp_path / "m.pkl")

    assert result.exit_code == 1
    assert "\nto trust     --trusted-global mylib.Half\n" in result.output
    assert "\nresult       cannot be served: pickle references forbidden global mylib.Half; " in result.output


def test_json_of_a_problem_has_exit_code_1(tmp_path: Path) -> None:
    result = check(tmp_path / "m.pkl", "--json")

    assert result.exit_code == 1
    assert json.loads(result.output)["problem"] == "not found"


@pytest.mark.slow
def test_text_of_many_columns_is_cut(tmp_path: Path) -> None:
    joblib.dump(Ridge().fit(np.eye(200), np.arange(200)), tmp_path / "m.pkl")

    lines = check(tmp_path / "m.pkl").output.splitlines()

    assert "  … 180 more, which --json prints" in lines
    assert max(map(len, lines)) < 400
