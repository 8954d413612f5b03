"""Dates, pandas categories and missing values of the training data are in the published schema."""

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml_census.cli.main import main
from ml_census.config import Config
from ml_census.observability.drift import MIN_ROWS
from ml_census.schema import Columns
from support.load_artifacts import load_model

pytestmark = pytest.mark.slow  # publishes models

DAYS = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(100), "D"))
LATE = np.where(np.arange(100) > 49, "late", "early")


def publish(folder: Path, model: Any, frame: pd.DataFrame, name: str) -> dict[str, Any]:
    """Publish a model, and return its columns by name."""
    joblib.dump(model, folder / "model.pkl")
    frame.to_csv(folder / name, index=False) if name.endswith("csv") else frame.to_parquet(folder / name)
    words = ["--model", "model.pkl", "--output", "out", "--data", name]
    paths = [word if word.startswith("--") else str(folder / word) for word in words]
    result = CliRunner().invoke(main, ["publish", *paths, "--target", "y"])
    assert result.exit_code == 0, result.output
    columns = json.loads((folder / "out" / "schema.json").read_text())["columns"]
    return {column["name"]: column for column in columns}


@pytest.mark.parametrize("name", ["train.csv", "train.parquet"])
def test_dates_have_a_range_and_a_median(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"day": DAYS})
    model = make_pipeline(make_column_transformer((StandardScaler(), ["day"])), LogisticRegression()).fit(frame, LATE)

    column = publish(tmp_path, model, frame.assign(y=LATE), name)["day"]

    assert column["type"] == "date"
    assert [column["training"][key] for key in ("minimum", "typical", "maximum")] == [
        DAYS[row].isoformat() for row in (0, 49, 99)
    ]


def test_served_dates_are_compared_with_the_training(tmp_path: Path) -> None:
    frame = pd.DataFrame({"day": DAYS})
    model = make_pipeline(make_column_transformer((StandardScaler(), ["day"])), LogisticRegression()).fit(frame, LATE)
    publish(tmp_path, model, frame.assign(y=LATE), "train.csv")
    served = load_model(Config(str(tmp_path / "out" / "model.pkl"), "", ""))

    rows: Columns = served.predictor.schema.validate_rows([{"day": day.isoformat()} for day in DAYS]).columns
    for _ in range(MIN_ROWS // 100):
        served.drift.observe(rows)

    assert served.drift.psi_by_column() == {"day": pytest.approx(0, abs=1e-9)}


def test_pandas_categories_of_lightgbm_are_those_of_the_data(tmp_path: Path) -> None:
    frame = pd.DataFrame({"plan": pd.Categorical(["basic", "pro"] * 50), "fee": np.arange(100.0)})
    frame.loc[::10, "fee"] = np.nan
    model = LGBMClassifier(n_estimators=2, verbose=-1).fit(frame, LATE)

    columns = publish(tmp_path, model, frame.assign(y=LATE), "train.csv")

    assert columns["plan"]["training"]["frequencies"] == [0.5, 0.5, 0.0]
    assert (columns["fee"]["nullable"], columns["fee"]["training"]["frequencies"][-1]) == (True, 0.1)
