"""Output of `ml-census publish`. The tests of the files that it writes are in models/publishing."""

import hashlib
from pathlib import Path

import joblib
from click.testing import CliRunner, Result
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ml_census.cli.main import main
from support import harmful_module

NAME = "support.harmful_module.doubled"


def publish(folder: Path, *options: str) -> Result:
    paths = ["--model", str(folder / "model.pkl"), "--output", str(folder / "out")]
    return CliRunner().invoke(main, ["publish", *paths, *options])


def test_published_model_is_reported_with_its_engine(tmp_path: Path) -> None:
    joblib.dump(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), tmp_path / "model.pkl")

    result = publish(tmp_path)

    assert result.exit_code == 0
    assert result.output.splitlines()[-1].startswith(f"published in {tmp_path / 'out'}: ")


def test_missing_model_fails_in_one_line(tmp_path: Path) -> None:
    result = publish(tmp_path)

    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith("ml-census: ") and "model.pkl" in result.output


def test_trusted_globals_are_reported_with_the_manifest_hash(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(harmful_module.doubled), LogisticRegression())
    joblib.dump(model.fit([[0.0], [1.0]] * 20, [0, 1] * 20), tmp_path / "model.pkl")

    result = publish(tmp_path, "--trusted-global", NAME)

    digest = hashlib.sha256((tmp_path / "out" / "manifest.json").read_bytes()).hexdigest()
    line = f'a server needs model_sha256: "{digest}" to trust the manifest, which lists {NAME}'
    assert result.output.splitlines()[-1] == line
