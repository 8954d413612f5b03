"""Published models of XGBoost and LightGBM are served without these libraries."""

from pathlib import Path

import joblib
import pandas as pd
import pytest

from support.compile_cases_boosters import CASES
from support.published_server import ServeFolder, run, serve_folder, without_sklearn

__all__ = ["serve_folder", "without_sklearn"]


@pytest.mark.parametrize(
    "name",
    [
        "XGBClassifier, categories",
        "XGBClassifier of a sparse matrix",
        "LGBMClassifier, categories",
        "LGBMClassifier of ordinal columns",
    ],
)
@pytest.mark.filterwarnings("ignore:Found unknown categories in columns")
def test_model_is_served_without_its_library(
    serve_folder: ServeFolder, without_sklearn: dict[str, str], tmp_path: Path, name: str
) -> None:
    case = CASES[name]()
    joblib.dump(case.model, tmp_path / "model.pkl")
    published = run("publish", "--model", tmp_path / "model.pkl", "--output", tmp_path / "out")
    assert "compiled, verified on" in published.stderr
    server = serve_folder(tmp_path / "out", env=without_sklearn)

    response = server.predict(case.rows()[:100], "?proba=true").json()

    rows = pd.DataFrame(case.inputs)[:100]
    assert response["predictions"] == case.model.predict(rows).tolist()
    assert response["probabilities"] == case.model.predict_proba(rows).tolist()
    assert server.stop() == 0
