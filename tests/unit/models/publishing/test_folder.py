"""The published model is unchanged, and libraries print nothing."""

import subprocess
import sys
from pathlib import Path

import joblib
import pytest
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer

from ml_census.errors import ArtifactError
from ml_census.models.publishing import publish_files


def test_published_model_has_the_same_parameters(tmp_path: Path) -> None:
    model = VotingClassifier([("a", LogisticRegression())]).fit([[0.0], [1.0]] * 20, [0, 1] * 20)
    model.set_params(n_jobs=2)  # not before, or joblib would start processes to fit it
    joblib.dump(model, tmp_path / "model.pkl")

    publish_files(str(tmp_path / "model.pkl"), str(tmp_path / "out"), None, None, None)

    assert repr(joblib.load(tmp_path / "out/model.pkl").get_params()) == repr(model.get_params())


@pytest.mark.slow
def test_publish_prints_no_warnings_of_libraries(tmp_path: Path) -> None:
    """The model is verified on rows up to the limits of float32, of which NumPy warns."""
    joblib.dump(RandomForestClassifier(5, random_state=0).fit(*load_wine(return_X_y=True)), tmp_path / "model.pkl")
    command = [sys.executable, "-m", "ml_census", "publish", "--model", str(tmp_path / "model.pkl")]

    done = subprocess.run([*command, "--output", str(tmp_path / "out")], capture_output=True, text=True, check=True)

    assert len(done.stderr.splitlines()) == 2


def test_error_names_the_failing_step_of_a_pipeline(tmp_path: Path) -> None:
    model = make_pipeline(PowerTransformer("box-cox"), LinearRegression()).fit([[1.0], [2.0], [4.0]], [1, 2, 3])
    joblib.dump(model, tmp_path / "model.pkl")

    with pytest.raises(ArtifactError, match=r"strictly positive data \(in PowerTransformer\); give rows"):
        publish_files(str(tmp_path / "model.pkl"), str(tmp_path / "out"), None, None, None)
