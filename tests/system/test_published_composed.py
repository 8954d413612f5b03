"""Published composed models are served without scikit-learn, XGBoost and LightGBM."""

from pathlib import Path

import joblib
import pandas as pd
import pytest

from support.composed import case as composed_case
from support.published_server import ServeFolder, run, serve_folder, without_sklearn

__all__ = ["serve_folder", "without_sklearn"]


@pytest.mark.parametrize(
    "name",
    [
        "TunedThresholdClassifierCV of a pipeline",
        "VotingClassifier after encoders",
        "CalibratedClassifierCV of pipelines",
        "StackingClassifier of pipelines",
    ],
)
@pytest.mark.filterwarnings("ignore:Found unknown categories in columns")
def test_composed_model_is_served_without_its_libraries(
    serve_folder: ServeFolder, without_sklearn: dict[str, str], tmp_path: Path, name: str
) -> None:
    case = composed_case(name)
    joblib.dump(case.model, tmp_path / "model.pkl")
    published = run("publish", "--model", tmp_path / "model.pkl", "--output", tmp_path / "out")
    assert "compiled, verified on" in published.stderr
    server = serve_folder(tmp_path / "out", env=without_sklearn)

    response = server.predict(case.rows()[:100], "?proba=true").json()

    rows = pd.DataFrame(case.inputs)[:100]
    assert response["predictions"] == case.model.predict(rows).tolist()
    assert response["probabilities"] == pytest.approx(case.model.predict_proba(rows), rel=1e-9, abs=1e-9)
    assert server.stop() == 0
